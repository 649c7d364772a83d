"use strict";

// The page of the basket: that of this browser, and what is put from it into the basket of an account.

(() => {
  const { stored, store } = window.wenyuanBasket;

  async function ask(url, fields) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json, text/html" },
      body: new URLSearchParams([...fields, ["csrf_token", document.querySelector("input[name=csrf_token]").value]]),
    });
    if (!answer.ok) throw new Error(answer.status);
    return answer;
  }

  const merging = document.getElementById("basket-merge");
  if (merging && stored().length) {
    const [button, told] = [merging.querySelector("button"), merging.querySelector("[role=status]")];
    merging.hidden = false;
    merging.querySelector(".count").textContent = stored().length;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        for (let from = 0, all = stored(); from < all.length; from += 50) {
          const part = all.slice(from, from + 50);
          const fields = part.flatMap((each) => [["address", each.address], ["note", each.note]]);
          const { kept } = await (await ask(merging.dataset.url, fields)).json();
          // What is there now may leave the browser; what another tab has put in meanwhile stays.
          store(stored().filter((each) => !kept.includes(each.address)));
        }
        if (!stored().length) location.reload();
        told.textContent = stored().length ? `${told.dataset.left}${stored().length}` : told.dataset.done;
      } catch {
        told.textContent = told.dataset.failed;
      }
      button.disabled = false;
    });
  }

  const basket = document.getElementById("basket");
  if (!basket) return;
  const list = basket.querySelector("ol");
  const told = basket.querySelector(".told");
  const undo = basket.querySelector(".undo");
  let out = null;
  basket.hidden = false;

  function put(item, at) {
    const items = stored();
    if (!items.some((each) => each.address === item.address)) items.splice(at, 0, item);
    store(items);
  }

  function change(address, by) {
    const items = stored();
    const at = items.findIndex((each) => each.address === address);
    if (at >= 0) by(items, at);
    store(items);
  }

  const acts = {
    up: (items, at) => { if (at) items.splice(at - 1, 2, items[at], items[at - 1]); },
    down: (items, at) => { if (at + 1 < items.length) items.splice(at, 2, items[at + 1], items[at]); },
    out: (items, at) => { out = { item: items.splice(at, 1)[0], at }; },
  };

  function dress(line, item) {
    line.append(document.getElementById("basket-controls").content.cloneNode(true));
    if (line.dataset.standing === "gone" && item.title) line.querySelector("h2").textContent = item.title;
    const note = line.querySelector("textarea");
    note.value = item.note;
    note.addEventListener("change", () => {
      change(item.address, (items, at) => { items[at].note = note.value; });
      told.textContent = told.dataset.noted;
    });
    for (const button of line.querySelectorAll("[data-act]")) {
      button.setAttribute("aria-label", `${button.textContent} ${item.title}`);
      button.addEventListener("click", async () => {
        const act = button.dataset.act;
        change(item.address, acts[act]);
        if (act === "out") {
          told.textContent = told.dataset.out.replace("{title}", item.title);
          undo.hidden = false;
        }
        await show();
        if (act === "out") undo.focus();
        else [...list.children].find((each) => each.dataset.address === item.address)?.querySelector(`[data-act=${act}]`).focus();
      });
    }
  }

  async function show() {
    const items = stored();
    document.getElementById("basket-count").textContent = items.length;
    basket.querySelector(".empty").hidden = items.length > 0;
    basket.querySelector(".basket-acts").hidden = !items.length;
    for (const form of basket.querySelectorAll("form.takes")) {
      for (const each of form.querySelectorAll("input[name=address]")) each.remove();
      for (const { address } of items) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name: "address", value: address });
        form.append(field);
      }
    }
    const lines = [];
    try {
      for (let from = 0; from < items.length; from += Number(basket.dataset.atOnce)) {
        const part = items.slice(from, from + Number(basket.dataset.atOnce));
        const answer = await ask(basket.dataset.places, part.map((each) => ["address", each.address]));
        // The server's own markup, parsed without being run: what is foreign in it is text.
        const page = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
        const found = [...page.querySelectorAll("li.basket-item")];
        found.forEach((line, number) => { if (part[number]) dress(line, part[number]); });
        lines.push(...found);
      }
      list.replaceChildren(...lines);
    } catch {
      told.textContent = told.dataset.failed;
    }
  }

  undo.addEventListener("click", async () => {
    if (out) put(out.item, out.at);
    out = null;
    undo.hidden = true;
    told.textContent = "";
    await show();
    list.querySelector("[data-act]")?.focus();
  });

  basket.querySelector(".save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify({ basket: stored() }, null, 1)], { type: "application/json" }));
    link.download = "wenyuan-basket.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  basket.querySelector(".load").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    try {
      if (file.size > 1 << 20) throw new Error(file.size);
      const read = JSON.parse(await file.text()).basket;
      const shape = /^[^/\s]+\/\d{1,9}\/[^@\n]*@\d{1,9}\+\d{1,9}:/;
      const given = read.filter((each) => typeof each?.address === "string" && shape.test(each.address));
      const before = stored().length;
      for (const each of given) put(each, stored().length);
      told.textContent = told.dataset.loaded.replace("{n}", stored().length - before);
      await show();
    } catch {
      told.textContent = told.dataset.unread;
    }
  });

  addEventListener("storage", (event) => { if (event.key === "wenyuan.basket") show(); }); // another tab
  show();
})();
