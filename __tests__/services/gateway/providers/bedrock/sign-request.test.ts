import {
  signRequest,
  type UnsignedRequest,
} from "../../../../../services/gateway/providers/bedrock/sign-request";
import { Secret } from "../../../../../services/shared/secret";

/** The keys and the moment of AWS's published Signature Version 4 test suite. */
const KEYS = {
  accessKeyId: new Secret("AKIDEXAMPLE"),
  secretAccessKey: new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
  sessionToken: undefined,
};
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);

const suite = (props: Partial<UnsignedRequest> = {}): UnsignedRequest => ({
  method: "GET",
  url: new URL("https://example.amazonaws.com/"),
  headers: {},
  body: "",
  region: "us-east-1",
  service: "service",
  ...props,
});

test.each([
  ["get-vanilla", suite(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "post-vanilla",
    suite({ method: "POST" }),
    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  ],
  [
    "get-vanilla-query-order-key-case",
    suite({ url: new URL("https://example.amazonaws.com/?Param2=value2&Param1=value1") }),
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
])("AWS's test suite: %s", (_name, request, signature) => {
  expect(signRequest(request, KEYS, NOW)).toEqual({
    "x-amz-date": "20150830T123600Z",
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  });
});

test("AWS's guide: ListUsers of IAM, with a header of its own", () => {
  const request = suite({
    url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    service: "iam",
  });
  expect(signRequest(request, KEYS, NOW)["authorization"]).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});

test("a session token is sent and signed", () => {
  const headers = signRequest(suite(), { ...KEYS, sessionToken: new Secret("token") }, NOW);
  expect(headers["x-amz-security-token"]).toBe("token");
  expect(headers["authorization"]).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token,");
});

test("the path of a model id is not the same signed once or twice encoded", () => {
  const sign = (url: string) => signRequest(suite({ url: new URL(url) }), KEYS, NOW)["authorization"];
  expect(sign("https://h/model/a%3A0/invoke")).not.toBe(sign("https://h/model/a:0/invoke"));
});
