#include "forward.h"

#include <algorithm>
#include <cstdio>

#include "ranking.h"
#include "step.h"

namespace realm {
namespace {

// What stays allocated for activations between calls; a rare long batch gives the rest back.
constexpr int64_t kKeptBytes = int64_t{64} << 20;

int32_t fail(char* error, int32_t status, const char* problem) {
  std::snprintf(error, REALM_CPU_ERROR_BYTES, "%s", problem);
  return status;
}

int32_t prepare(Step& step, int32_t num_spans, char* error) {
  const realm_cpu_model& model = step.model;
  const int64_t num_pages = model.cache.num_pages();
  for (int32_t index = 0; index < num_spans; ++index) {
    const realm_cpu_span& span = step.spans[index];
    if (span.position < 0 || span.num_tokens <= 0 ||
        span.position + span.num_tokens > span.num_pages * kPageTokens) {
      return fail(error, REALM_CPU_INVALID, "a sequence's pages do not hold its tokens");
    }
    step.first_page.push_back(static_cast<int64_t>(step.pages.size()));
    for (int64_t page = 0; page < span.num_pages; ++page) {
      const int32_t number = span.pages[page];
      if (number < 0 || number >= num_pages) {
        return fail(error, REALM_CPU_INVALID, "a page is not in the KV cache");
      }
      step.pages.push_back(model.cache.page(number));
    }
    for (int64_t row = 0; row < span.num_tokens; row += kQueryRows) {
      const int64_t left = span.num_tokens - row;
      step.blocks.push_back({index, step.num_rows + row, left < kQueryRows ? left : kQueryRows,
                             span.position + row});
    }
    for (int64_t row = 0; row < span.num_tokens; ++row) {
      step.span_of_row.push_back(index);
      step.positions.push_back(span.position + row);
    }
    step.num_rows += span.num_tokens;
  }
  return REALM_CPU_OK;
}

// Whether the step is to end before a phase. One thread looks and all of them read what it saw
// there, however far others have come since.
bool is_stopped(Step& step, int64_t phase, Member& member) {
  member.run(1, [&](int64_t) {
    step.is_stopped[phase] = __atomic_load_n(step.stop, __ATOMIC_RELAXED) != 0;
  });
  return step.is_stopped[phase] != 0;
}

// Have the weights of the next matrix products brought nearer while a thread waits until then:
// in steps of few rows, which wait for memory, threads wait for each other again and again.
void look_ahead(const Step& step, size_t index, Member& member) {
  constexpr int64_t kFewRows = 4;
  if (member.num_threads() == 1 || step.num_rows > kFewRows) return;
  const std::vector<Phase>& phases = step.model.program.phases;
  for (; index < phases.size(); ++index) {
    const Phase& phase = phases[index];
    if (phase.work == Work::kMatrices && step.rows_of(phase.is_selected) > 0) {
      return member.expect(prospect_of(step, phase, member));
    }
  }
  member.expect({});
}

void run(void* context, Member& member) {
  Step& step = *static_cast<Step*>(context);
  const std::vector<Phase>& phases = step.model.program.phases;
  look_ahead(step, 0, member);
  for (size_t index = 0; index < phases.size(); ++index) {
    const Phase& phase = phases[index];
    if (step.rows_of(phase.is_selected) == 0) continue;
    if (phase.work == Work::kAttention && step.is_long() &&
        is_stopped(step, static_cast<int64_t>(index), member)) {
      return;
    }
    switch (phase.work) {
      case Work::kRows:
        run_rows(step, phase, member);
        break;
      case Work::kMatrices:
        look_ahead(step, index + 1, member);
        run_matrices(step, phase, member);
        break;
      case Work::kAttention:
        run_attention(step, phase, member);
        break;
      case Work::kExperts:
        run_experts(step, phase, member);
        break;
    }
  }
  if (step.num_largest != nullptr) {
    member.run(step.num_selected, [&](int64_t row) {
      const int32_t count = step.num_largest[row];
      int32_t* indices = step.largest[row];
      rank(step.at(step.model.program.logits, row), step.num_logits(), count, indices,
           reinterpret_cast<float*>(indices + count));
    });
  }
}

}  // namespace

Activations Step::activations(const float* floats, int64_t num_cols,
                              const Quantized& quantized) const {
  Activations x{};
  x.floats = floats;
  x.floats_stride = num_cols;
  x.num_cols = num_cols;
  if (quantized.quants >= 0) {
    x.quants = at<int8_t>(quantized.quants);
    x.scales = at<float>(quantized.scales);
    x.sums = at<int16_t>(quantized.sums);
  }
  return x;
}

int32_t forward(realm_cpu_model& model, const int32_t* token_ids, const realm_cpu_span* spans,
                int32_t num_spans, const int32_t* selected, int32_t num_selected, float* logits,
                const int32_t* num_largest, int32_t* largest, const int32_t* stop, char* error) {
  Step step{.model = model,
            .token_ids = token_ids,
            .spans = spans,
            .selected = selected,
            .num_rows = 0,
            .num_selected = num_selected,
            .logits = logits,
            .num_largest = num_largest,
            .largest = {},
            .pages = {},
            .first_page = {},
            .span_of_row = {},
            .positions = {},
            .blocks = {},
            .stop = stop,
            .is_stopped = {}};
  const int32_t status = prepare(step, num_spans, error);
  if (status != REALM_CPU_OK) return status;
  for (int32_t index = 0; index < num_selected; ++index) {
    if (selected[index] < 0 || selected[index] >= step.num_rows ||
        (index > 0 && selected[index] <= selected[index - 1])) {
      return fail(error, REALM_CPU_INVALID, "the selected rows are not ascending rows of the batch");
    }
  }
  for (int32_t index = 0; num_largest != nullptr && index < num_selected; ++index) {
    if (num_largest[index] < 0 || num_largest[index] > step.num_logits()) {
      return fail(error, REALM_CPU_INVALID, "there are not so many logits");
    }
    step.largest.push_back(largest);
    largest += 2 * num_largest[index];
  }
  if (step.num_rows == 0) return REALM_CPU_OK;
  model.scratch_bytes = std::max(attention_scratch(model), model.packing_bytes);
  if (!model.arena.reserve(model.program.row_bytes * step.num_rows) ||
      !model.scratch.reserve(model.scratch_bytes * model.num_threads)) {
    return fail(error, REALM_CPU_NO_MEMORY, "no memory for the activations of the batch");
  }
  if (step.is_long()) step.is_stopped.resize(model.program.phases.size());
  run_region(model.num_threads, run, &step);
  if (model.arena.num_bytes() > kKeptBytes) model.arena.release();
  for (const uint8_t was_stopped : step.is_stopped) {
    if (was_stopped != 0) return REALM_CPU_STOPPED;
  }
  return REALM_CPU_OK;
}

}  // namespace realm
