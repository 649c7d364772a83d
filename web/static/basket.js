"use strict";

// Without this file one puts places into the basket by a page of its own, with an account. It does so at a click; without
// an account it keeps the basket in this browser, as a list of {address, title, note, added}.

(() => {
  const KEY = "wenyuan.basket";
  const { most, kept, known, there: inside, full, failed, put: putting } = document.currentScript.dataset;
  const account = document.body.dataset.account;
  const token = () => document.querySelector("input[name=csrf_token]")?.value;

  const isItem = (each) => each && typeof each.address === "string" && each.address.length <= 500;
  const plain = ({ address, title, note, added }) => ({
    address,
    title: String(title ?? "").slice(0, 300),
    note: String(note ?? "").slice(0, 2000),
    added: String(added ?? "").slice(0, 40),
  });

  function stored() {
    try {
      const held = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(held) ? held.filter(isItem).map(plain) : [];
    } catch {
      return []; // a browser that keeps nothing, or something that is no basket
    }
  }

  function store(items) {
    localStorage.setItem(KEY, JSON.stringify(items.slice(0, Number(most))));
  }

  // What was said last; screen readers hear it, and it is seen for a while.
  const told = document.createElement("p");
  told.className = "basket-told";
  told.setAttribute("role", "status");
  document.body.append(told);
  let over = 0;
  function tell(text) {
    told.textContent = text;
    clearTimeout(over);
    over = setTimeout(() => { told.textContent = ""; }, 6000);
  }

  // Returns what is told, and whether the place is in the basket now.
  async function put(address, title) {
    if (!account) {
      const items = stored();
      if (items.some((each) => each.address === address)) return [known, true];
      if (items.length >= Number(most)) return [full, false];
      store([...items, { address, title, note: "", added: new Date().toISOString() }]);
      return [kept, true];
    }
    const answer = await fetch(putting, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ address, csrf_token: token() }),
    });
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error(answer.status);
    return [(await answer.json()).told, answer.ok];
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a.put");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const place = await answer.json();
      const [text, there] = await put(place.address, [place.title, place.page].filter(Boolean).join(" "));
      tell(text);
      if (!there) return;
      link.dataset.known = "";
      if (!link.closest(".leaf, #selected")) link.firstChild.textContent = inside;
    } catch {
      tell(failed);
    }
  });

  for (const each of document.querySelectorAll(".needs-script")) each.hidden = true;

  const here = document.querySelector(".put-here");
  if (here) {
    here.hidden = false;
    here.addEventListener("click", async () => {
      try {
        tell((await put(here.dataset.address, here.dataset.title))[0]);
      } catch {
        tell(failed);
      }
    });
  }

  document.querySelector(".reading article")?.addEventListener("selected", ({ detail: part }) => {
    const link = document.querySelector("#selected a.put");
    if (!part || !link) return;
    const url = new URL(link.href);
    url.searchParams.set("range", `${part.start}-${part.end}`);
    link.href = url;
  });

  for (const count of document.querySelectorAll("[data-stored]")) {
    try {
      count.textContent = JSON.parse(localStorage.getItem(count.dataset.stored) ?? "[]").length;
    } catch {
      count.textContent = "";
    }
  }

  window.wenyuanBasket = { stored, store };
})();
