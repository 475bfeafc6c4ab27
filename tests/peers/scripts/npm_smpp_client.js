// npm's smpp as a client.
const smpp = require("smpp");

const asked = JSON.parse(process.argv[2]);
const say = (what, more = {}) => console.log(JSON.stringify({ said: what, ...more }));
const textOf = (message) => (typeof message === "string" ? message : message.message.toString());

const session = smpp.connect({ url: `smpp://127.0.0.1:${asked.port}` });
session.on("error", (error) => say("error", { why: String(error) }));
session.on("enquire_link", (pdu) => session.send(pdu.response()));
session.on("deliver_sm", (pdu) => {
  session.send(pdu.response());
  const text = textOf(pdu.short_message);
  if ((pdu.esm_class & 0x3c) === 4) {
    const fields = Object.fromEntries(text.split(" ").filter((pair) => pair.includes(":")).map((pair) => pair.split(":", 2)));
    say("receipt", { id: fields.id, tlv_id: pdu.receipted_message_id, stat: fields.stat });
  } else {
    say("incoming", { text, sender: pdu.source_addr });
  }
});

const submit = (message, esmClass) =>
  session.submit_sm(
    {
      source_addr: asked.source, dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: asked.number,
      esm_class: esmClass, registered_delivery: 1, data_coding: 8, short_message: message,
    },
    (pdu) => say("accepted", { id: pdu.message_id }),
  );

session.on("connect", () => {
  session.bind_transceiver({ system_id: asked.login, password: asked.secret }, (answer) => {
    if (answer.command_status !== 0) {
      say("refused", { code: answer.command_status });
      session.close(() => process.exit(0));
      return;
    }
    say("bound");
    for (const text of asked.texts) {
      if (text.length <= 70) {
        submit(text, 0);
        continue;
      }
      const total = Math.ceil(text.length / 67);
      for (let part = 1; part <= total; part++) {
        const udh = Buffer.from([5, 0, 3, 7, total, part]);
        submit({ udh, message: text.slice((part - 1) * 67, part * 67) }, 0x40);
      }
    }
  });
});

process.stdin.resume();
process.stdin.on("end", () => {
  session.unbind(() => {
    say("unbound");
    session.close(() => process.exit(0));
  });
});
