// Nothing here is needed: it puts a quotation's placeholder where the cursor is in the reply, and asks now and then who
// else has the reply open.

const editor = document.querySelector("textarea.editor");

for (const button of editor ? document.querySelectorAll("button.insert") : []) {
  button.hidden = false;
  button.addEventListener("click", () => {
    editor.setRangeText(button.dataset.insert, editor.selectionStart, editor.selectionEnd, "end");
    editor.focus();
  });
}

const others = document.getElementById("others");
const AGAIN = 30 * 1000; // milliseconds

function presence(more) {
  return new URLSearchParams({ csrf_token: editor.form.elements.csrf_token.value, ...more });
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(others.dataset.here, { method: "POST", body: presence({}) });
    if (!answer.ok) return;
    const { told } = await answer.json();
    if (others.textContent !== told) others.textContent = told;
  } catch {
    // The server is away: what was known before stays.
  }
}

if (others) {
  setInterval(look, AGAIN);
  addEventListener("pagehide", () => navigator.sendBeacon(others.dataset.here, presence({ leaving: "1" })));
}
