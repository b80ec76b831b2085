/** Tokens side by side, each with its probability; one at a time shows its alternatives. */
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Alternative, Token } from "../shared/messages";
import { Alternatives } from "./Alternatives";
import { Legend } from "./Legend";
import { spoken } from "./marks";
import { formatProbability, stepOf } from "./probability";
import "./tokens.css";

export interface TokenStripProps {
  tokens: Token[];
  /** Called when the reader wants to go on from `alternative` in place of token `index`. */
  onPick?: ((index: number, alternative: Alternative) => void) | undefined;
}

// Long enough to cross to the alternatives, short enough not to linger.
const CLOSE_AFTER_MS = 160;

export function TokenStrip({ tokens, onPick }: TokenStripProps) {
  const id = useId();
  const strip = useRef<HTMLDivElement>(null);
  const closing = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The token whose alternatives are open, and the one that the Tab key comes back to.
  const [open, setOpen] = useState<number | null>(null);
  const [home, setHome] = useState(0);
  // Whether the pointer is on a token or on its alternatives.
  const isPointed = useRef(false);

  const tokenAt = (index: number) =>
    strip.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null;
  const show = (index: number) => {
    clearTimeout(closing.current);
    setOpen(index);
  };
  const closeSoon = () => {
    clearTimeout(closing.current);
    closing.current = setTimeout(() => {
      // Who is in there by pointer or keyboard stays: a notebook moves the focus by itself.
      if (isPointed.current || strip.current?.contains(document.activeElement)) return;
      setOpen(null);
    }, CLOSE_AFTER_MS);
  };
  const enter = (index: number) => {
    isPointed.current = true;
    show(index);
  };
  const leave = () => {
    isPointed.current = false;
    closeSoon();
  };
  const move = (index: number) => {
    const next = Math.max(0, Math.min(tokens.length - 1, index));
    setHome(next);
    tokenAt(next)?.focus();
  };

  useEffect(() => () => clearTimeout(closing.current), []);
  // Other tokens: nothing of the old ones is open.
  const last = useRef(tokens);
  useEffect(() => {
    if (last.current === tokens) return;
    last.current = tokens;
    isPointed.current = false;
    setOpen(null);
    setHome(0);
  }, [tokens]);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const at = Number(target.dataset.index ?? Number.NaN);
    if (event.key === "Escape" && open !== null) {
      event.stopPropagation();
      const from = open;
      if (Number.isNaN(at)) tokenAt(from)?.focus();
      setOpen(null);
      return;
    }
    if (Number.isNaN(at)) return;
    const isRtl = strip.current !== null && getComputedStyle(strip.current).direction === "rtl";
    const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
    if (step !== undefined) move(at + step);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(tokens.length - 1);
    else if (event.key === "Enter" || event.key === " " || event.key === "ArrowDown") {
      setOpen(at);
      requestAnimationFrame(() =>
        strip.current?.querySelector<HTMLElement>(".realm-alternative button")?.focus(),
      );
    } else return;
    event.preventDefault();
  };

  const opened = open === null ? undefined : tokens[open];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it hears what its tokens get
    <div
      ref={strip}
      class="realm-token-strip"
      onKeyDown={onKeyDown}
      onPointerLeave={leave}
      onFocusOut={(event) => {
        if (!strip.current?.contains(event.relatedTarget as Node | null)) closeSoon();
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a flow of text */}
      <div class="realm-token-text" role="group" aria-label="Tokens" dir="auto">
        {tokens.map((token, index) => (
          <TokenMark
            key={index}
            token={token}
            index={index}
            isHome={index === Math.min(home, tokens.length - 1)}
            isOpen={open === index}
            panelId={id}
            onShow={show}
            onEnter={enter}
            onLeave={leave}
            onFocus={() => {
              setHome(index);
              show(index);
            }}
          />
        ))}
      </div>
      {opened === undefined || open === null ? null : (
        <Popover
          strip={strip}
          anchor={() => tokenAt(open)}
          id={id}
          onEnter={() => enter(open)}
          onLeave={leave}
        >
          <Alternatives
            token={opened}
            onPick={onPick === undefined ? undefined : (choice) => onPick(open, choice)}
          />
        </Popover>
      )}
      <Legend hasProbabilities={tokens.some(({ logprob }) => logprob !== null)} />
    </div>
  );
}

interface TokenMarkProps {
  token: Token;
  index: number;
  isHome: boolean;
  isOpen: boolean;
  panelId: string;
  onShow(index: number): void;
  onEnter(index: number): void;
  onLeave(): void;
  onFocus(): void;
}

function TokenMark(props: TokenMarkProps) {
  const { token, index, isHome, isOpen, panelId, onShow, onEnter, onLeave, onFocus } = props;
  const { text, logprob } = token;
  const step = logprob === null ? "" : ` realm-token-${stepOf(logprob)}`;
  const chance = logprob === null ? "" : `, ${formatProbability(logprob)}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button is a box, and these flow as text
    // biome-ignore lint/a11y/useKeyWithClickEvents: the strip hears the keys
    <span
      class={`realm-token${step}${text === "" ? " realm-token-empty" : ""}`}
      role="button"
      tabIndex={isHome ? 0 : -1}
      data-index={index}
      aria-label={`${spoken(text)}${chance}`}
      aria-expanded={isOpen}
      aria-controls={isOpen ? panelId : undefined}
      onPointerEnter={() => onEnter(index)}
      onPointerLeave={onLeave}
      onClick={(event) => {
        event.currentTarget.focus();
        onShow(index);
      }}
      onFocus={onFocus}
    >
      {shown(text)}
    </span>
  );
}

/** Line breaks break the line, and have a mark to point at. */
function shown(text: string): string {
  return text === "" ? "▯" : text.replaceAll("\n", "↵\n");
}

interface PopoverProps {
  strip: { current: HTMLElement | null };
  anchor(): HTMLElement | null;
  id: string;
  onEnter(): void;
  onLeave(): void;
  children: preact.ComponentChildren;
}

/** A small panel under a token, inside the strip. */
function Popover({ strip, anchor, id, onEnter, onLeave, children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const [outer, inner, token] = [strip.current, box.current, anchor()];
    if (outer === null || inner === null || token === null) return;
    const around = outer.getBoundingClientRect();
    // The first line of a token that wraps.
    const at = token.getClientRects()[0] ?? token.getBoundingClientRect();
    const room = around.width - inner.offsetWidth;
    inner.style.left = `${Math.max(0, Math.min(room, at.left - around.left - 8))}px`;
    const top = at.bottom - around.top;
    inner.style.top = `${top}px`;
    // What is around may end with the strip and cut off what hangs out: the strip grows, once.
    const needed = top + inner.offsetHeight;
    if (needed > around.height) outer.style.minBlockSize = `${needed}px`;
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: no form is in here
    <div
      ref={box}
      id={id}
      class="realm-token-popover"
      role="group"
      aria-label="Alternatives"
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
    >
      {children}
    </div>
  );
}
