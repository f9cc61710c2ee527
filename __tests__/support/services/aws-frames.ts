/**
 * AWS event-stream frames, written from the format's description and not from the gateway's decoder: its own
 * checksum (CRC-32, polynomial 0xEDB88320), so that a mistake in one is not a mistake in both.
 */
export function encodeFrame(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const fields = Buffer.concat(
    Object.entries(headers).map(([name, value]) =>
      Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7]),
        uint(value.length, 2),
        Buffer.from(value),
      ]),
    ),
  );
  const lengths = Buffer.concat([uint(fields.length + payload.length + 16), uint(fields.length)]);
  const unchecked = Buffer.concat([lengths, uint(checksum(lengths)), fields, payload]);
  return Buffer.concat([unchecked, uint(checksum(unchecked))]);
}

/** A chunk of InvokeModelWithResponseStream. */
export function chunkFrame(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString("base64");
  return encodeFrame(
    { ":event-type": "chunk", ":content-type": "application/json", ":message-type": "event" },
    Buffer.from(JSON.stringify({ bytes, p: "abcdefgh" })),
  );
}

/** An exception in the middle of a stream. @param type such as `throttlingException` */
export function exceptionFrame(type: string, message: string): Buffer {
  return encodeFrame(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    Buffer.from(JSON.stringify({ message })),
  );
}

function uint(value: number, bytes = 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** Bit by bit, as the definition has it. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
