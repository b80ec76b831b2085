#include "generation.h"

#include "vocabulary.h"

// There is no <new> without a C++ library.
struct InPlace {};
inline void* operator new(size_t, void* memory, InPlace) noexcept { return memory; }

namespace realm {

int32_t Generation::begin(const Config& config) {
  max_tokens_ = static_cast<uint32_t>(config.header.max_tokens);
  is_finished_ = max_tokens_ == 0;
  Bytes stop;
  for (TextList stops = config.stops; stops.next(stop);) {
    if (!text_.add_stop(stop)) return REALM_ERROR_MEMORY;
  }
  return sampler_.begin(config);
}

int32_t Generation::step(float* logits, int32_t form, uint32_t n, Vec<uint8_t>& out) {
  if (is_finished_) return REALM_ERROR_STATE;
  Choice choice{};
  int32_t status;
  if (form == REALM_DENSE) {
    status = sampler_.sample_dense(logits, n, choice);
  } else {
    const int32_t* ids = reinterpret_cast<const int32_t*>(logits);
    status = sampler_.sample_sparse(ids, logits + n, n, logits[2 * n], choice);
  }
  if (status == REALM_OK) status = advance(choice, out);
  if (status != REALM_OK && status != REALM_ERROR_ARGUMENT) is_finished_ = true;
  return status;
}

int32_t Generation::advance(const Choice& choice, Vec<uint8_t>& out) {
  released_.clear();
  const bool is_eog = vocabulary().is_eog(choice.id);
  if (!sampler_.accept(choice.id)) return REALM_ERROR_MEMORY;
  if (!is_eog) {
    piece_.clear();
    vocabulary().append_piece(choice.id, piece_, false);
    text_.push({piece_.data(), piece_.size()}, released_);
  }
  int32_t finish = REALM_FINISH_NONE;
  if (is_eog || text_.is_stopped()) {
    finish = REALM_FINISH_STOP;
  } else if (sampler_.num_generated() >= max_tokens_) {
    finish = REALM_FINISH_LENGTH;
  }
  if (finish != REALM_FINISH_NONE) {
    is_finished_ = true;
    text_.finish(released_);
    // The U+FFFD of an incomplete character may have completed a stop string.
    if (text_.is_stopped()) finish = REALM_FINISH_STOP;
  }
  if (!piece_.ok() || !text_.ok() || !released_.ok()) return REALM_ERROR_MEMORY;
  return write_event(finish, choice, is_eog, out);
}

int32_t Generation::write_event(int32_t finish, const Choice& choice, bool is_eog,
                                Vec<uint8_t>& out) {
  const auto append_struct = [&out](const auto& value) {
    out.append(reinterpret_cast<const uint8_t*>(&value), sizeof value);
  };
  realm_event event{};
  event.finish = finish;
  event.token_id = choice.id;
  event.is_eog = is_eog;
  event.logprob = choice.logprob;
  event.num_next = finish == REALM_FINISH_NONE ? 1 : 0;
  event.num_alternatives = choice.alternatives.size;
  event.text_bytes = released_.size();
  append_struct(event);
  if (event.num_next != 0) append_struct(choice.id);
  for (const Alternative& alternative : choice.alternatives) append_struct(alternative);
  out.append(released_.data(), released_.size());
  return out.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

int32_t Generations::begin(const Config& config) {
  void* memory = malloc(sizeof(Generation));
  if (memory == nullptr) return REALM_ERROR_MEMORY;
  Generation* generation = new (memory, InPlace{}) Generation();
  while (find(next_handle_) != nullptr) next_handle_ = (next_handle_ + 1) & INT32_MAX;
  const int32_t handle = next_handle_;
  int32_t status = generation->begin(config);
  if (status == REALM_OK && !slots_.push({handle, generation})) status = REALM_ERROR_MEMORY;
  if (status != REALM_OK) {
    generation->~Generation();
    free(memory);
    return status;
  }
  next_handle_ = (handle + 1) & INT32_MAX;
  return handle;
}

Generation* Generations::find(int32_t handle) {
  for (const Slot& slot : slots_) {
    if (slot.handle == handle) return slot.generation;
  }
  return nullptr;
}

void Generations::erase(int32_t handle) {
  for (Slot& slot : slots_) {
    if (slot.handle != handle) continue;
    slot.generation->~Generation();
    free(slot.generation);
    slot = slots_.back();
    slots_.pop();
    return;
  }
}

}  // namespace realm
