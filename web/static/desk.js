// Nothing here is needed: it puts a quotation's placeholder where the cursor is in the reply.

const editor = document.querySelector("textarea.editor");

for (const button of editor ? document.querySelectorAll("button.insert") : []) {
  button.hidden = false;
  button.addEventListener("click", () => {
    editor.setRangeText(button.dataset.insert, editor.selectionStart, editor.selectionEnd, "end");
    editor.focus();
  });
}
