import { requirePlainText } from "../../../../services/gateway/generation/require-plain-text";

it.each([
  [{}],
  [{ "content-type": "application/json" }],
  [{ "content-type": "application/json; charset=utf-8" }],
  [{ "content-type": 'application/json;charset="UTF-8"' }],
  [{ "content-type": "application/json; charset=UTF8; x=y" }],
  [{ "content-encoding": "identity" }],
  [{ "content-encoding": "" }],
])("takes %j", (headers) => expect(requirePlainText(headers)).toBeUndefined());

it.each([
  [{ "content-encoding": "gzip" }, "content-encoding"],
  [{ "content-encoding": "BR" }, "content-encoding"],
  [{ "content-encoding": "identity, gzip" }, "content-encoding"],
  [{ "content-encoding": "aws-chunked" }, "content-encoding"],
  [{ "content-type": "application/json; charset=utf-16" }, "content-type"],
  [{ "content-type": "application/json; charset = iso-8859-1" }, "content-type"],
  [{ "content-type": "application/json; charset=utf-8; charset=utf-7" }, "content-type"],
  [{ "content-type": "application/json; charset=" }, "content-type"],
])("refuses %j", (headers, param) => {
  expect(() => requirePlainText(headers)).toThrow(
    expect.objectContaining({ status: 415, code: "unsupported_media_type", param }),
  );
});
