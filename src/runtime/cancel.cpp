// Scopes as lists of what waits in them.
#include "runtime/cancel.hpp"

namespace iggy::runtime {

void Cancellable::enter(CancelScope* scope) {
  assert(scope_ == nullptr && "it waits in a scope already");
  if (scope == nullptr) return;
  if (scope->cancelled_) return on_cancel();
  scope_ = scope;
  previous_ = nullptr;
  next_ = scope->first_;
  if (next_ != nullptr) next_->previous_ = this;
  scope->first_ = this;
}

void Cancellable::leave() {
  if (scope_ == nullptr) return;
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : scope_->first_) = next_;
  scope_ = nullptr;
  previous_ = nullptr;
  next_ = nullptr;
}

CancelScope::CancelScope(CancelScope* parent) { enter(parent); }

void CancelScope::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  // Each leaves before it is told: whatever it does then, the list stays sound.
  while (first_ != nullptr) {
    auto& waiting = *first_;
    waiting.leave();
    waiting.on_cancel();
  }
}

}  // namespace iggy::runtime
