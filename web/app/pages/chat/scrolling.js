/** Where the thread stands: at its end, at a message, or where the reader left it. */
import { useEffect, useLayoutEffect, useRef, useState } from "../../html.js";
import { hasNewer, hasOlder, loadNewer, loadOlder, loading } from "../../stores/thread.js";

const NEAR = 900;
const AT_END = 48;
const anchors = typeof CSS !== "undefined" && CSS.supports("overflow-anchor: auto");

/** @param {HTMLElement} box */
const fromEnd = (box) => box.scrollHeight - box.clientHeight - box.scrollTop;

/**
 * Loads more near either end, keeps to the end for who is there, and says whether the end is in view.
 *
 * Only the reader's own scrolling decides whether the end is followed: an answer that grows beyond the screen does not
 * carry away what is being read.
 *
 * @param {{ current: HTMLElement | null }} ref the box that scrolls
 * @param {{ current: boolean }} following whether new text is followed
 */
export function useEnds(ref, following) {
  const [atEnd, setAtEnd] = useState(true);
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    let byHand = false;
    const look = () => {
      setAtEnd(fromEnd(box) < AT_END);
      fetchNear(box);
    };
    const scrolled = () => {
      if (byHand) following.current = fromEnd(box) < AT_END;
      look();
    };
    const grown = () => {
      if (following.current) toEnd(box);
      look();
    };
    const hand = () => (byHand = true);
    const observer = new ResizeObserver(grown);
    observer.observe(box);
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    box.addEventListener("scroll", scrolled, { passive: true });
    for (const act of ["wheel", "touchmove", "pointerdown", "keydown"]) box.addEventListener(act, hand, { passive: true });
    const stop = loading.subscribe((now) => now === null && requestAnimationFrame(look));
    return () => {
      stop();
      observer.disconnect();
    };
  }, []);
  return atEnd;
}

/** @param {HTMLElement} box */
function fetchNear(box) {
  if (loading.peek()) return;
  if (hasOlder.peek() && box.scrollTop < NEAR) {
    if (box.scrollTop === 0) box.scrollTop = 1;
    void loadOlder();
  } else if (hasNewer.peek() && fromEnd(box) < NEAR) void loadNewer();
}

/**
 * Keeps what is read in its place when older messages come in above; browsers that anchor do it themselves.
 *
 * @param {{ current: HTMLElement | null }} ref
 * @param {string | undefined} firstKey of the first entry
 */
export function useAnchor(ref, firstKey) {
  const before = useRef(0);
  const key = useRef(firstKey);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    if (!anchors && key.current !== firstKey && before.current) box.scrollTop += box.scrollHeight - before.current;
    key.current = firstKey;
    before.current = box.scrollHeight;
  });
}

/** @param {HTMLElement} box */
export function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}

/** @param {HTMLElement} box @param {string} key bring a question to the top, with room below for its answer */
export function toQuestion(box, key) {
  const exchange = box.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!exchange) return;
  const top = exchange.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += top - 44;
}
