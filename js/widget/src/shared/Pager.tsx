/** The way from one alternative of a message to the next. */
import { IconButton } from "./IconButton";
import type { Message } from "./messages";

interface PagerProps {
  message: Message;
  isDisabled: boolean;
  onShow(alternative: number): void;
}

export function Pager({ message, isDisabled, onShow }: PagerProps) {
  const { alternative, num_alternatives } = message;
  if (num_alternatives < 2) return null;
  return (
    <fieldset class="realm-pager" aria-label="Alternatives">
      <IconButton
        icon="left"
        label="Previous alternative"
        isDisabled={isDisabled || alternative === 0}
        onClick={() => onShow(alternative - 1)}
      />
      <span>
        {alternative + 1}
        <span aria-hidden="true"> / </span>
        <span class="realm-hidden"> of </span>
        {num_alternatives}
      </span>
      <IconButton
        icon="right"
        label="Next alternative"
        isDisabled={isDisabled || alternative + 1 >= num_alternatives}
        onClick={() => onShow(alternative + 1)}
      />
    </fieldset>
  );
}
