// SPDX-License-Identifier: LGPL-2.1-or-later
// A detached thread that shares its state with the window: whoever leaves first leaves the other
// intact.
#include "session/job.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "session/workbench.h"

namespace rcuscope::gui {
namespace {

/// What a cancelled search needs to stop: it looks every 50 ms.
constexpr double farewell_seconds = 0.15;
/// What the end of the program waits for it.
constexpr auto last_farewell = std::chrono::seconds(2);

double now_seconds() {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

}  // namespace

struct Watch::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  JobProgress progress;
  std::vector<Delivery> deliveries;
  bool is_over = false;
  std::atomic<bool> must_end{false};
};

Watch::Watch() : shared_(std::make_shared<Shared>()) {}

bool Watch::report(JobProgress progress) {
  const std::lock_guard guard(shared_->mutex);
  shared_->progress = std::move(progress);
  return !must_end();
}

void Watch::deliver(Delivery delivery) {
  const std::lock_guard guard(shared_->mutex);
  shared_->deliveries.push_back(std::move(delivery));
}

bool Watch::must_end() const { return shared_->must_end.load(std::memory_order_relaxed); }

Job::Job(Kind kind, std::string title, std::function<void(Watch&)> work)
    : kind_(kind), title_(std::move(title)), start_seconds_(now_seconds()) {
  Watch watch;
  shared_ = watch.shared_;
  std::thread([watch, name = title_, work = std::move(work)]() mutable {
    try {
      work(watch);
    } catch (const std::exception& error) {
      // Whoever has cancelled it knows why it did not come to its end.
      if (!watch.must_end())
        watch.deliver([name, text = std::string(error.what())](Workbench& workbench) {
          workbench.fail(name, text);
        });
    }
    work = nullptr;  // whatever it holds is gone when others learn that it is over
    const std::lock_guard guard(watch.shared_->mutex);
    watch.shared_->is_over = true;
    watch.shared_->changed.notify_all();
  }).detach();
}

Job::~Job() {
  shared_->must_end.store(true);
  std::unique_lock lock(shared_->mutex);
  if (!is_stuck()) shared_->changed.wait_for(lock, last_farewell, [&] { return shared_->is_over; });
}

JobProgress Job::progress() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->progress;
}

double Job::seconds() const { return now_seconds() - start_seconds_; }

void Job::cancel() {
  if (!is_cancelled()) cancel_seconds_ = now_seconds();
  shared_->must_end.store(true);
}

bool Job::is_cancelled() const { return cancel_seconds_ > 0; }

bool Job::is_stuck() const {
  return is_cancelled() && now_seconds() - cancel_seconds_ > farewell_seconds;
}

bool Job::is_over() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->is_over;
}

std::vector<Delivery> Job::take_deliveries() {
  const std::lock_guard guard(shared_->mutex);
  return std::exchange(shared_->deliveries, {});
}

}  // namespace rcuscope::gui
