import { listeningInodes } from "../../../cli/local/port-holder";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0FA0 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 22222 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:1FA4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1 0000000000000000 100 0 0 10 0
`;

describe("listeningInodes", () => {
  it("finds who listens, not who is connected", () =>
    expect(listeningInodes(TABLE, 4000)).toEqual(["11111"]));
  it("finds nothing for a port nobody listens on", () => expect(listeningInodes(TABLE, 4001)).toEqual([]));
});
