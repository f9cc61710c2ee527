import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Exchange } from "../../../../services/gateway/http/exchange";
import { eventually } from "../../../support/services/eventually";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";

let server: http.Server;
let responses: ServerResponse[];
let over: [number, boolean][];
let connection: RawConnection;
let listenersBefore: number;

beforeEach(async () => {
  responses = [];
  over = [];
  server = http.createServer((_request, response) => {
    const number = responses.push(response);
    Exchange.of(response).onOver((isAnswered) => over.push([number, isAnswered]));
  });
  server.once("connection", (socket) => {
    listenersBefore = socket.listenerCount("close");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  connection = await RawConnection.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  connection.close();
  server.closeAllConnections();
  server.close();
});

const get = rawRequest("GET", "/");

test("is over when its answer was sent, once, and leaves no listener on its connection", async () => {
  connection.send(get);
  await eventually(() => responses.length === 1);
  responses[0]?.end("x");
  await eventually(() => over.length === 1);
  expect(responses[0]?.req.socket.listenerCount("close")).toBe(listenersBefore);
  connection.reset();
  await eventually(() => responses[0]?.req.socket.destroyed);
  await new Promise(setImmediate);
  expect(over).toEqual([[1, true]]);
});

test("is over when its connection is gone, also behind another on it", async () => {
  connection.send(get + get + get);
  await eventually(() => responses.length === 3);
  connection.reset();
  await eventually(() => over.length === 3);
  expect(over.sort()).toEqual([
    [1, false],
    [2, false],
    [3, false],
  ]);
  expect(responses.map((response) => Exchange.of(response).isOver)).toEqual([true, true, true]);
});

test("tells at once who asks too late", async () => {
  connection.send(get + get);
  await eventually(() => responses.length === 2);
  connection.reset();
  await eventually(() => over.length === 2);
  const told: boolean[] = [];
  Exchange.of(responses[1] as ServerResponse).onOver((isAnswered) => told.push(isAnswered));
  expect(told).toEqual([false]);
});
