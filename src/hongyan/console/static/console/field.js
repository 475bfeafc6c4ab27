// Customers of field staff on the device: entered and corrected without network, sent when there is one.
(() => {
  const body = document.body;
  const words = body.dataset;
  const find = (name) => document.querySelector(`[data-${name}]`);
  const TEXTS = ["name", "region", "address", "landline", "code", "consent", "notes"];
  const COMPARED = ["name", "type", "code", "region", "address", "landline", "source", "consent", "notes", "fields", "people"];
  let known = { customers: [], types: [], posts: [], sources: [], genders: [] };
  let edited = null;
  let compared = null;
  let sending = false;

  // ---- the browser's database: what is known, and what waits to be sent ----
  const opened = new Promise((resolve, reject) => {
    const asking = indexedDB.open(`hongyan-field-${words.user}`, 1);
    asking.onupgradeneeded = () => {
      asking.result.createObjectStore("known");
      asking.result.createObjectStore("queue", { keyPath: "key" });
    };
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
  const ask = async (store, mode, make) => {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const request = make(database.transaction(store, mode).objectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  };
  const waiting = () => ask("queue", "readonly", (store) => store.getAll());
  const keep = (entry) => ask("queue", "readwrite", (store) => store.put(entry));
  const forget = (key) => ask("queue", "readwrite", (store) => store.delete(key));
  const newKey = () => crypto.randomUUID ? crypto.randomUUID()
    : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (sign) => (sign ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> sign / 4).toString(16));

  // ---- the list ----
  const notice = (text, link) => {
    const place = find("notice");
    place.hidden = !text;
    place.textContent = text || "";
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link; anchor.textContent = " →"; place.append(anchor);
    }
  };
  const show = (name) => ["list", "form", "compare"].forEach((one) => { find(one).hidden = one !== name; });
  const line = (title, detail, act) => {
    const button = document.createElement("button");
    button.type = "button"; button.className = "hy-field-one";
    const head = document.createElement("b"); head.textContent = title;
    const small = document.createElement("small"); small.textContent = detail;
    button.append(head, small);
    button.addEventListener("click", act);
    return button;
  };
  const said = (one) => [one.type, one.region, ...(one.people || []).map((person) => `${person.name} ${person.number}`.trim())].filter(Boolean).join(" · ");
  const paint = async () => {
    const entries = await waiting();
    find("queue").replaceChildren(...entries.map((entry) => {
      const state = entry.theirs ? words.wordsConflict : entry.refused ? `${words.wordsRefused}: ${entry.refused}` : words.wordsWaiting;
      return line(entry.facts.name, state, () => (entry.theirs ? compare(entry) : edit(entry.facts, entry)));
    }));
    const asked = find("search").value.trim().toLowerCase();
    const found = known.customers.filter((one) => !asked || `${one.name} ${one.code} ${said(one)}`.toLowerCase().includes(asked));
    const rows = found.slice(0, 100).map((one) => line(one.name, said(one), () => edit(one, null)));
    if (!known.customers.length) {
      const empty = document.createElement("p"); empty.className = "text-secondary"; empty.textContent = words.wordsNobody; rows.push(empty);
    }
    find("customers").replaceChildren(...rows);
  };

  // ---- the form ----
  const field = (name, control) => {
    const label = document.createElement("label");
    label.className = "form-label d-block mb-2"; label.textContent = words[`label${name[0].toUpperCase()}${name.slice(1)}`] || name;
    control.dataset.fact = name;
    label.append(control);
    return label;
  };
  const text = (value, most) => {
    const input = document.createElement("input"); input.className = "form-control"; input.value = value || ""; input.maxLength = most; return input;
  };
  const choice = (pairs, value) => {
    const select = document.createElement("select"); select.className = "form-select";
    pairs.forEach(([one, words]) => select.add(new Option(words, one, false, one === value)));
    return select;
  };
  const addPerson = (person) => {
    const row = find("person").content.firstElementChild.cloneNode(true);
    row.dataset.id = person.id || "";
    row.querySelectorAll("[data-part]").forEach((part) => {
      const name = part.dataset.part;
      if (name === "post") part.append(new Option(part.getAttribute("aria-label"), ""), ...known.posts.map((one) => new Option(one, one)));
      if (name === "gender") part.append(new Option(part.getAttribute("aria-label"), ""), ...known.genders.map(([one, words]) => new Option(words, one)));
      part.value = person[name] || "";
    });
    find("people").append(row);
  };
  const edit = (facts, entry) => {
    edited = { facts, entry };
    const type = choice(known.types.map((one) => [one.name, one.name]), facts.type);
    const own = document.createElement("div");
    const showOwn = () => {
      const chosen = known.types.find((one) => one.name === type.value) || { fields: [], needs: [] };
      const hint = document.createElement("small"); hint.className = "form-hint";
      hint.textContent = chosen.needs.length ? words.wordsNeeds + chosen.needs.join("、") : "";
      own.replaceChildren(hint, ...[...new Set([...chosen.fields, ...Object.keys(facts.fields || {})])].map((name) => {
        const made = field(name, text((facts.fields || {})[name], 500));
        made.querySelector("input").dataset.own = name; delete made.querySelector("input").dataset.fact;
        return made;
      }));
    };
    type.addEventListener("change", showOwn);
    showOwn();
    const lengths = { name: 120, region: 80, address: 200, landline: 40, code: 40, consent: 300, notes: 500 };
    const texts = Object.fromEntries(TEXTS.map((name) => [name, field(name, text(facts[name], lengths[name]))]));
    find("fields").replaceChildren(
      texts.name, field("type", type), own, texts.region, texts.address, texts.landline, texts.code,
      field("source", choice([["", "–"], ...known.sources], facts.source || "field_visit")), texts.consent, texts.notes,
    );
    find("people").replaceChildren();
    [...(facts.people || []), {}].forEach(addPerson);
    const error = find("error");
    error.hidden = !(entry && entry.refused); error.textContent = (entry && entry.refused) || "";
    show("form"); window.scrollTo(0, 0);
  };
  const written = () => {
    const facts = { ...edited.facts, fields: {}, people: [] };
    find("fields").querySelectorAll("[data-fact]").forEach((one) => { facts[one.dataset.fact] = one.value.trim(); });
    find("fields").querySelectorAll("[data-own]").forEach((one) => { if (one.value.trim()) facts.fields[one.dataset.own] = one.value.trim(); });
    find("people").querySelectorAll("fieldset").forEach((row) => {
      const person = row.dataset.id ? { id: Number(row.dataset.id) } : {};
      row.querySelectorAll("[data-part]").forEach((part) => { person[part.dataset.part] = part.value.trim(); });
      if (person.name || person.number) facts.people.push(person);
    });
    return facts;
  };

  // ---- side by side ----
  const plain = (one, name) => {
    if (name === "people") return (one.people || []).map((person) => [person.name, person.post, person.number, person.landline].filter(Boolean).join(" ")).join("\n");
    if (name === "fields") return Object.entries(one.fields || {}).map((pair) => pair.join(": ")).join("\n");
    if (name === "source") return (known.sources.find(([value]) => value === one.source) || [0, one.source])[1];
    return one[name] || "";
  };
  const compare = (entry) => {
    compared = entry;
    const rows = COMPARED.filter((name) => plain(entry.facts, name) !== plain(entry.theirs, name)).map((name) => {
      const row = document.createElement("tr");
      const head = document.createElement("th"); head.textContent = words[`label${name[0].toUpperCase()}${name.slice(1)}`] || name;
      row.append(head, ...[["mine", entry.facts], ["theirs", entry.theirs]].map(([side, facts]) => {
        const cell = document.createElement("td"), label = document.createElement("label"), box = document.createElement("input");
        box.type = "radio"; box.name = `take-${name}`; box.value = side; box.checked = side === "mine"; box.className = "form-check-input";
        label.append(box, ` ${side === "mine" ? words.wordsMine : words.wordsTheirs}\n${plain(facts, name) || "–"}`);
        cell.append(label);
        return cell;
      }));
      return row;
    });
    find("rows").replaceChildren(...rows);
    show("compare");
  };

  // ---- sending ----
  const token = () => (document.cookie.match(/csrftoken=([^;]+)/) || [])[1] || document.querySelector("[name=csrfmiddlewaretoken]").value;
  const post = (entry) => fetch(words.send, {
    method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, redirect: "manual",
    body: JSON.stringify({ ...entry.facts, key: entry.key, id: entry.facts.id, version: entry.facts.version }),
  });
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      let left = 0, sent = 0;
      for (const entry of await waiting()) {
        if (entry.theirs || entry.refused) { left += 1; continue; }
        let answer;
        try { answer = await post(entry); } catch { notice(words.wordsOffline); return; }
        if (answer.type === "opaqueredirect" || answer.status === 403) { notice(words.wordsSignIn, words.signIn); return; }
        if (answer.status === 200) { await forget(entry.key); sent += 1; continue; }
        left += 1;
        if (answer.status >= 500) { notice(words.wordsOffline); return; }
        const told = answer.status === 400 ? {} : await answer.json();
        await keep({ ...entry, theirs: told.theirs, refused: told.theirs ? "" : (told.detail || words.wordsGone) });
      }
      notice(!left && sent ? words.wordsSent : "");
      await load();
    } finally {
      sending = false;
      await paint();
    }
  };
  const load = async () => {
    try {
      const answer = await fetch(words.mine, { redirect: "manual" });
      if (answer.type === "opaqueredirect") { notice(words.wordsSignIn, words.signIn); return; }
      if (!answer.ok) return;
      known = await answer.json();
      await ask("known", "readwrite", (store) => store.put(known, "mine"));
    } catch { notice(words.wordsOffline); }
  };

  find("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const facts = written();
    if (!facts.name || !facts.source || !facts.consent) {
      const missing = ["name", "source", "consent"].find((name) => !facts[name]);
      const error = find("error");
      error.hidden = false; error.textContent = `${words[`label${missing[0].toUpperCase()}${missing.slice(1)}`]}: ?`;
      find("fields").querySelector(`[data-fact=${missing}]`).focus();
      return;
    }
    await keep({ key: edited.entry ? edited.entry.key : newKey(), facts, refused: "" });
    notice(words.wordsKept);
    show("list"); await paint(); await send();
  });
  find("decide").addEventListener("click", async () => {
    const facts = { ...compared.facts, version: compared.theirs.version };
    find("rows").querySelectorAll("input:checked").forEach((box) => { if (box.value === "theirs") facts[box.name.slice(5)] = compared.theirs[box.name.slice(5)]; });
    await keep({ key: compared.key, facts, refused: "" });
    show("list"); await send();
  });
  find("drop").addEventListener("click", async () => { await forget(compared.key); show("list"); await paint(); });
  document.querySelectorAll("[data-back]").forEach((one) => one.addEventListener("click", async () => { show("list"); await paint(); }));
  find("new").addEventListener("click", () => edit({ type: known.types[0] && known.types[0].name }, null));
  find("more").addEventListener("click", () => addPerson({}));
  find("search").addEventListener("input", paint);
  window.addEventListener("online", send);
  window.addEventListener("offline", () => notice(words.wordsOffline));
  setInterval(send, 30000);
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(words.worker, { scope: "/field/" });
  (async () => {
    known = (await ask("known", "readonly", (store) => store.get("mine"))) || known;
    await paint(); await load(); await paint(); await send();
  })();
})();
