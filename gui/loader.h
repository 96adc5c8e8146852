// SPDX-License-Identifier: LGPL-2.1-or-later
// Loader: opens a trace on a thread of its own, and shows the beginning of a long one at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "session.h"

namespace rcuscope::gui {

/// Reads a whole trace; load_trace() unless a test needs a reading whose end it decides.
using TraceReader = std::function<TraceStore(const std::string& path)>;

class Loader {
 public:
  /// Starts to read.
  explicit Loader(std::string path, TraceReader read = {});
  /// Waits for what cannot be interrupted, unless abandon() was called.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  const std::string& path() const { return path_; }
  bool is_done() const;
  double seconds() const;     ///< Since the start.
  std::string stage() const;  ///< "reading", "sorting into lanes": for people.

  /// The first events of a long trace, once, when they are there; else null.
  std::unique_ptr<Session> take_preview();
  /// The trace. Requires: is_done(). Throws: what reading it threw.
  std::unique_ptr<Session> take();
  /// Lets the thread end by itself, which is_done() still tells; what it reads is thrown away, and
  /// not sorted any more. May be called again.
  void abandon();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared, const std::string& path,
                   const TraceReader& read);

  std::string path_;
  std::shared_ptr<Shared> shared_;
};

/// Files above this size are opened beside the window, smaller ones before it.
inline constexpr std::uintmax_t quick_file_bytes = 8'000'000;

/// Bytes of a trace's file, or of the files of its directory; 0 if it cannot be read.
std::uintmax_t trace_bytes(const std::string& path);

}  // namespace rcuscope::gui
