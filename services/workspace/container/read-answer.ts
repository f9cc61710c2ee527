/** Most bytes of an answer; real ones have a few hundred. */
const MAX_BYTES = 64 * 1024;

/** The body of an answer as text. @throws Error when it is larger than any that the key-provisioner gives */
export async function readAnswer(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
