// npm's smpp as a server: takes one login, gives ids, and sends a receipt for each submit and a text on demand.
const smpp = require("smpp");

const asked = JSON.parse(process.argv[2]);
const say = (what, more = {}) => console.log(JSON.stringify({ said: what, ...more }));
const textOf = (message) => (typeof message === "string" ? message : message.message.toString());
let given = 0x7f00a0;
let bound;

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("bind_transceiver", (pdu) => {
    const right = pdu.system_id === asked.login && pdu.password === asked.secret;
    session.send(pdu.response({ command_status: right ? 0 : smpp.ESME_RINVPASWD, system_id: "stranger" }));
    if (right) bound = session;
    say("login", { right });
  });
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
    say("unbound");
  });
  session.on("submit_sm", (pdu) => {
    const id = (++given).toString(16);
    const udh = pdu.short_message.udh;
    const part = udh ? [...(Array.isArray(udh) ? udh[0] : udh)].slice(-2) : [];
    say("submit", { id, to: pdu.destination_addr, from: pdu.source_addr, text: textOf(pdu.short_message), part });
    session.send(pdu.response({ message_id: id }));
    session.deliver_sm(
      {
        source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2611240900 done date:2611240901 stat:DELIVRD err:000 text:`,
        receipted_message_id: id, message_state: 2,
      },
      (answer) => say("taken", { status: answer.command_status }),
    );
  });
});
server.listen(asked.port, "127.0.0.1", () => say("listening"));

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { text, sender, to } = JSON.parse(line);
    bound.deliver_sm({ source_addr: sender, destination_addr: to, data_coding: 8, short_message: text }, (answer) =>
      say("taken", { status: answer.command_status }),
    );
  })
  .on("close", () => process.exit(0));
