/** Make one tree like another by touching only what differs, so that text is appended and nothing flickers. */

/** @param {Element} target @param {Element} wanted */
function sameAttributes(target, wanted) {
  for (const { name } of [...target.attributes]) if (!wanted.hasAttribute(name)) target.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** @param {Text} target @param {Text} wanted */
function sameText(target, wanted) {
  if (wanted.data === target.data) return;
  if (wanted.data.startsWith(target.data)) target.appendData(wanted.data.slice(target.data.length));
  else target.data = wanted.data;
}

/**
 * @param {Node} target its children change
 * @param {Node} wanted its children are taken
 */
export function morph(target, wanted) {
  const next = [...wanted.childNodes];
  const present = [...target.childNodes];
  next.forEach((node, index) => {
    const old = present[index];
    if (!old) target.appendChild(node);
    else if (old instanceof Text && node instanceof Text) sameText(old, node);
    else if (old instanceof Element && node instanceof Element && old.tagName === node.tagName) {
      sameAttributes(old, node);
      morph(old, node);
    } else target.replaceChild(node, old);
  });
  present.slice(next.length).forEach((old) => old.remove());
}
