// SPDX-License-Identifier: LGPL-2.1-or-later
// The caller polls every 20 ms, and leaves 100 ms after Ctrl-C.
#include "controller.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "interpreter.h"

namespace rcuscope::bindings {

using std::chrono_literals::operator""ms;

bool Controller::report(const Progress& progress) {
  const std::lock_guard guard(mutex_);
  report_ = {progress.so_far, progress.share_done, true};
  return !must_end();
}

void Controller::limit_time(std::optional<double> seconds) {
  constexpr double most = 1e9;  // of what a clock of nanoseconds can count
  const auto wait = std::chrono::duration<double>(std::min(seconds.value_or(most), most));
  time_limit_ = !seconds ? Clock::time_point::max()
                         : Clock::now() + std::chrono::duration_cast<Clock::duration>(wait);
}

void Controller::offer_state(const std::string& state) {
  const std::lock_guard guard(mutex_);
  new_state_ = state;
}

void Controller::save_new_state() {
  std::optional<std::string> state;
  {
    const std::lock_guard guard(mutex_);
    state.swap(new_state_);
  }
  if (state && save_) save_(*state);
}

Verdict Controller::verdict_so_far() const {
  const std::lock_guard guard(mutex_);
  Verdict verdict = report_.verdict;
  verdict.limit = "interrupted";
  for (Finding& finding : verdict.findings) finding.explanation = finding.message;
  return verdict;
}

void Controller::execute(std::function<void()> work) {
  attach_thread();
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  {
    const GilHeld gil;
    work = nullptr;
  }
  detach_thread();
  const std::lock_guard guard(mutex_);
  error_ = std::move(error);
  has_ended_ = true;
  changed_.notify_all();
}

bool Controller::has_ended_within(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return has_ended_; });
}

void Controller::attend(Attention& attention) {
  Report report;
  {
    const std::lock_guard guard(mutex_);
    if (std::exchange(report_.is_new, false)) report = {report_.verdict, report_.share_done, true};
  }
  const bool goes_on = report.is_new ? attention.go_on({report.verdict, report.share_done})
                                     : !attention.poll_signals();
  if (!goes_on) must_end_.store(true, std::memory_order_relaxed);
}

bool Controller::run(const std::shared_ptr<Controller>& controller, Attention& attention,
                     std::function<void()> work) {
  constexpr auto poll_period = 20ms;
  constexpr auto farewell_time = 100ms;
  const GilReleased released;
  std::thread([controller, work = std::move(work)]() mutable {
    controller->execute(std::move(work));
  }).detach();
  while (!controller->has_ended_within(controller->must_end() ? farewell_time : poll_period)) {
    if (controller->must_end()) return false;
    controller->attend(attention);
    controller->save_new_state();
  }
  controller->save_new_state();
  if (controller->error_ != nullptr)
    std::rethrow_exception(std::exchange(controller->error_, nullptr));
  return true;
}

}  // namespace rcuscope::bindings
