/** What the development page can show. */
import type { FakeKernel } from "./fake";
import { type FakePanels, fakeLoad, fakeRow, fakeTokens, tokensState } from "./fake_panels";

export const RICH = `## Sorting in Python

The built-in \`sorted\` is a **stable** merge sort called *Timsort*. It runs in $O(n \\log n)$.

\`\`\`python
from operator import itemgetter

def top(rows: list[dict], key: str, count: int = 3) -> list[dict]:
    """Return the rows with the largest values of \`key\`."""
    return sorted(rows, key=itemgetter(key), reverse=True)[:count]

print(top([{"n": 1}, {"n": 42}], "n"))  # [{'n': 42}, {'n': 1}]
\`\`\`

| algorithm | best | worst | stable |
|---|---:|---:|:---:|
| Timsort | $O(n)$ | $O(n \\log n)$ | yes |
| Quicksort | $O(n \\log n)$ | $O(n^2)$ | no |

1. It looks for runs that are *already* sorted.
2. It merges them, keeping equal elements in order:
   - short runs by insertion sort,
   - long ones by galloping.

> Equal elements keep their order, so you can sort by several keys one after the other.

$$\\sum_{k=1}^{n} \\log k = \\log n! \\approx n \\log n - n$$
`;

const SHORT =
  "Paris is the capital of France. It lies on the Seine and has about two million people.";

const question = "How does Python sort a list, and what does it cost?";

export const SCENES: Record<string, (kernel: FakeKernel) => void> = {
  empty() {},
  answered(kernel) {
    kernel.talk.title = "Sorting in Python";
    kernel.fill([
      ["user", "What is the capital of France?"],
      ["assistant", SHORT],
      ["user", question],
      ["assistant", RICH],
    ]);
    kernel.talks.push({ id: "c7", title: "A trip to Lyon in spring", slots: [] });
    kernel.talks.push({ id: "c8", title: "عنوان باللغة العربية", slots: [] });
    kernel.status = {
      ...kernel.status,
      prompt_tokens: 84,
      completion_tokens: 312,
      tokens_per_second: 45.3,
      ttft_ms: 118,
      context_used: 396,
      seed: "8113205522347013376",
    };
    kernel.options.answers = [RICH, SHORT];
  },
  streaming(kernel) {
    SCENES.answered?.(kernel);
    kernel.options.answers = [Array(24).fill(RICH).join("\n\n")];
    kernel.options.tokensPerSecond = 200;
  },
  prompt(kernel) {
    SCENES.answered?.(kernel);
    kernel.options.promptMs = 60_000;
  },
  error(kernel) {
    SCENES.answered?.(kernel);
    kernel.options.error = {
      code: "out_of_memory",
      message:
        "The prompt of 4,210 tokens does not fit the context of 2,048; start a new conversation or load the model with a longer context.",
    };
  },
  long(kernel) {
    kernel.talk.title = "Fifty turns";
    for (let turn = 1; turn <= 50; turn += 1) {
      kernel.fill([
        ["user", `Question ${turn}: ${question}`],
        ["assistant", turn % 5 === 0 ? RICH : `${turn}. ${SHORT}`],
      ]);
    }
  },
  rtl(kernel) {
    kernel.talk.title = "العواصم";
    kernel.fill([
      ["user", "ما هي عاصمة فرنسا؟"],
      [
        "assistant",
        "عاصمة فرنسا هي **باريس**، وتقع على نهر السين.\n\n- عدد السكان: نحو مليونين\n- العملة: اليورو",
      ],
      ["user", "And in English?"],
      ["assistant", SHORT],
    ]);
  },
};

/** What there is to see of the models panel (`full`) and of the token view (`long`). */
export const PANELS: Record<string, (panels: FakePanels) => void> = {
  full({ models }) {
    models.models = [
      fakeRow({ id: "llama", name: "Meta Llama 3 8B Instruct", is_current: true, num_tenants: 3 }),
      fakeRow({
        id: "paris",
        quant_type: "Q8_0",
        num_parameters: 4_900_000,
        context_length: 512,
        memory_bytes: 5_400_000,
      }),
    ];
    models.shipped = models.shipped.map((item) => ({ ...item, is_loaded: item.name === "paris" }));
    models.loads = [
      fakeLoad({ id: "1", done_bytes: 0.9e9, rate_bytes_per_s: 412e6, remaining_s: 3.6 }),
      fakeLoad({
        id: "2",
        label: "broken.gguf",
        state: "error",
        error: {
          code: "model_format",
          message: "broken.gguf is damaged: tensor blk.3.attn_q.weight ends at byte 812 of 640",
        },
      }),
    ];
  },
  long(panels) {
    panels.tokens = tokensState(Array.from({ length: 60 }, fakeTokens).flat());
  },
};
