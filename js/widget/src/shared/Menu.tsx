/** A button that opens a list of actions, used by mouse and by keyboard alike. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
  label: string;
  icon: IconName;
  /** Whether a line sets this item off from the ones before. */
  startsGroup?: boolean;
  act(): void;
}

interface MenuProps {
  label: string;
  items: MenuItem[];
  children: ComponentChildren;
}

/** Where the focus goes in a list of `length` on `key`, or null if the key is not for it. */
export function nextIndex(key: string, index: number, length: number): number | null {
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  if (key === "ArrowDown") return (index + 1) % length;
  return key === "ArrowUp" ? (index - 1 + length) % length : null;
}

export function Menu({ label, items, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  const focusItem = (index: number) =>
    (list.current?.children[index] as HTMLElement | undefined)?.focus();
  const close = (returnsFocus: boolean) => {
    setOpen(false);
    if (returnsFocus) button.current?.focus();
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    focusItem(0);
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !button.current?.contains(target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.stopPropagation();
      close(event.key === "Escape");
      return;
    }
    const items = [...(list.current?.children ?? [])];
    const index = nextIndex(
      event.key,
      items.indexOf(document.activeElement as Element),
      items.length,
    );
    if (index !== null) {
      event.preventDefault();
      focusItem(index);
    }
  };

  return (
    <div class="realm-menu">
      <button
        ref={button}
        type="button"
        class="realm-icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" && !isOpen) {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {children}
      </button>
      {isOpen ? (
        <div
          ref={list}
          id={id}
          class="realm-menu-list"
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={onKeyDown}
        >
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={`realm-menu-item${item.startsGroup ? " realm-menu-group" : ""}`}
              onClick={() => {
                close(true);
                item.act();
              }}
            >
              <Icon name={item.icon} />
              {item.label}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
