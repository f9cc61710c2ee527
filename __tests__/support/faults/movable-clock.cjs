// Loaded into a process before everything else: its clock shows as many milliseconds more as the file says.
const { readFileSync } = require("node:fs");

const RealDate = Date;
const file = process.env.CLOCK_OFFSET_FILE;
let offset = 0;
const read = () => {
  offset = Number(readFileSync(file, "utf8"));
};
read();
setInterval(read, 20).unref();

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offset);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
