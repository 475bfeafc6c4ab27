// npm smpp as a client: `node peers.js PORT SECONDS` prints the submits answered per second.
const smpp = require("smpp");

const [port, seconds] = process.argv.slice(2).map(Number);
const content = Buffer.from("您的验证码是123456，五分钟内有效，请勿告诉他人。", "utf16le").swap16();
const session = smpp.connect({ host: "127.0.0.1", port });
let answered = 0;
let sent = 0;
let began = 0n;

function elapsed() {
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function send() {
  const to = "86138" + String(sent++ % 64).padStart(8, "0");
  session.submit_sm(
    {
      source_addr: "10690001", dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: to, data_coding: 8,
      registered_delivery: 1, short_message: content,
    },
    (response) => {
      if (response.command_status === 0) answered++;
      if (elapsed() < seconds) return send();
      if (began) {
        console.log(answered / elapsed());
        process.exit(0);
      }
    },
  );
}

session.on("connect", () => {
  session.bind_transceiver({ system_id: "901234", password: "secret" }, () => {
    began = process.hrtime.bigint();
    for (let index = 0; index < 50; index++) send();
  });
});
