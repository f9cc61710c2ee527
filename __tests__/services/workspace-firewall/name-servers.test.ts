import { nameServersOf } from "../../../services/workspace-firewall/name-servers";

describe("the name servers that questions may go to", () => {
  it("are those of resolv.conf, IPv4 and each once", () => {
    expect(
      nameServersOf(
        "search example.org\n# nameserver 9.9.9.9\nnameserver 10.0.0.2\n nameserver 169.254.169.254\nnameserver fd00::1\nnameserver 10.0.0.2\n",
      ),
    ).toEqual(["10.0.0.2", "169.254.169.254"]);
  });

  it.each(["nameserver 127.0.0.53\noptions edns0\n", ""])(
    "may be in any private network when %j does not tell",
    (text) => {
      expect(nameServersOf(text)).toEqual(["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]);
    },
  );
});
