/** Make one tree like another by touching only what differs. */

/**
 * Give `target` the attributes and children of `source`, which is taken apart.
 *
 * Nodes that are equal stay, text that grew is appended to: selections, scroll positions and
 * focus survive, and nothing flickers. Afterwards `target.isEqualNode` of what `source` was.
 */
export function morph(target: Element, source: Element): void {
  syncAttributes(target, source);
  let current = target.firstChild;
  let next = source.firstChild;
  while (next !== null) {
    const following = next.nextSibling;
    if (current === null) {
      target.append(next);
    } else {
      const after = current.nextSibling;
      if (!syncNode(current, next)) current.replaceWith(next);
      current = after;
    }
    next = following;
  }
  while (current !== null) {
    const after = current.nextSibling;
    current.remove();
    current = after;
  }
}

/** Make `current` like `next`; false if it has to be replaced. */
function syncNode(current: ChildNode, next: ChildNode): boolean {
  if (current instanceof Text && next instanceof Text) {
    if (current.data === next.data) return true;
    if (next.data.startsWith(current.data)) current.appendData(next.data.slice(current.length));
    else current.data = next.data;
    return true;
  }
  if (!(current instanceof Element && next instanceof Element)) return false;
  if (current.nodeName !== next.nodeName || current.namespaceURI !== next.namespaceURI) {
    return false;
  }
  if (!current.isEqualNode(next)) morph(current, next);
  return true;
}

function syncAttributes(target: Element, source: Element): void {
  const names = source.getAttributeNames();
  // In the same order too, so that both trees read the same as text.
  if (target.getAttributeNames().join(" ") !== names.join(" ")) {
    for (const name of target.getAttributeNames()) target.removeAttribute(name);
  }
  for (const name of names) {
    const value = source.getAttribute(name) ?? "";
    if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  }
}
