// npm's smpp as a reader of whole PDUs, given as hexadecimal.
const { PDU } = require("smpp");

const plain = (value) => {
  if (Buffer.isBuffer(value)) return { hex: value.toString("hex") };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  }
  return value;
};

for (const hex of JSON.parse(process.argv[2]).pdus) {
  const pdu = PDU.fromBuffer(Buffer.from(hex, "hex"));
  console.log(JSON.stringify({ said: "read", ...plain({ ...pdu }) }));
}
