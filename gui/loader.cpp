// SPDX-License-Identifier: LGPL-2.1-or-later
// The thread shares nothing but one locked box with the window, so that it can be left behind.
#include "loader.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "io/format.h"
#include "io/native_preview.h"

namespace rcuscope::gui {
namespace {

/// As many events as are read, sorted into lanes and drawn within a tenth of a second.
constexpr std::size_t preview_event_count = 100'000;

}  // namespace

struct Loader::Shared {
  std::atomic<bool> is_abandoned{false};
  std::mutex mutex;  ///< Guards all below.
  std::string stage = "reading";
  std::unique_ptr<Session> preview, session;
  std::exception_ptr error;
  bool is_done = false;
  std::thread thread;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  template <class Change>
  void change(Change change_it) {
    const std::scoped_lock lock(mutex);
    change_it(*this);
  }
};

Loader::Loader(std::string path, TraceReader read)
    : path_(std::move(path)), shared_(std::make_shared<Shared>()) {
  shared_->thread = std::thread(
      [shared = shared_, file = path_, read = std::move(read)] { work(shared, file, read); });
}

Loader::~Loader() {
  if (shared_->thread.joinable()) shared_->thread.join();
}

void Loader::work(const std::shared_ptr<Shared>& shared, const std::string& path,
                  const TraceReader& read) {
  try {
    if (std::optional<TraceStore> first = first_events(path, preview_event_count)) {
      auto preview = std::make_unique<Session>(std::move(*first));
      shared->change([&](Shared& s) { s.preview = std::move(preview); });
    }
    TraceStore trace = read ? read(path) : load_trace(path);
    if (!shared->is_abandoned) {
      shared->change([](Shared& s) { s.stage = "sorting into lanes"; });
      auto session = std::make_unique<Session>(std::move(trace));
      shared->change([&](Shared& s) { s.session = std::move(session); });
    }
  } catch (...) {
    shared->change([](Shared& s) { s.error = std::current_exception(); });
  }
  shared->change([](Shared& s) { s.is_done = true; });
}

bool Loader::is_done() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->is_done;
}

double Loader::seconds() const {
  const auto elapsed = std::chrono::steady_clock::now() - shared_->start;
  return std::chrono::duration<double>(elapsed).count();
}

std::string Loader::stage() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->stage;
}

std::unique_ptr<Session> Loader::take_preview() {
  const std::scoped_lock lock(shared_->mutex);
  return std::move(shared_->preview);
}

std::unique_ptr<Session> Loader::take() {
  const std::scoped_lock lock(shared_->mutex);
  if (shared_->error) std::rethrow_exception(shared_->error);
  return std::move(shared_->session);
}

void Loader::abandon() {
  shared_->is_abandoned = true;
  if (shared_->thread.joinable()) shared_->thread.detach();
}

std::uintmax_t trace_bytes(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    const std::uintmax_t size = fs::file_size(path, ignored);
    return ignored ? 0 : size;
  }
  std::uintmax_t sum = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored)) {
    const std::uintmax_t size = entry.is_regular_file(ignored) ? entry.file_size(ignored) : 0;
    if (!ignored) sum += size;
  }
  return sum;
}

}  // namespace rcuscope::gui
