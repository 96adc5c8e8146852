// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of mapped files: whatever others do to a file that is being read, the process goes on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "base/error.h"
#include "core/equal_traces.h"
#include "core/own_directory.h"
#include "io/ctf.h"
#include "io/format.h"
#include "io/mapped_file.h"
#include "io/native.h"
#include "trace/builder.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;
using io::MappedFile;

class Mapped : public testing::OwnDirectory {
 protected:
  fs::path file_of_pages(const char* name, std::size_t count) const {
    std::ofstream(at(name), std::ios::binary) << std::string(count * page, 'x');
    return at(name);
  }

  static inline const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
};

TraceStore long_trace(int event_count = 20'000) {
  TraceBuilder builder(Clock::nanoseconds);
  const ActorId actor = builder.add_actor({"reader", ActorKind::process, {}});
  for (int i = 0; i < event_count; ++i) {
    Event event;
    event.time = 1000 + i;
    event.kind = i % 2 == 0 ? EventKind::rcu_read_lock : EventKind::rcu_read_unlock;
    event.actor = static_cast<std::uint16_t>(actor.value);
    event.value = (i + 1) % 2;
    builder.add(event);
  }
  return builder.build();
}

bool is_default(int signal) {
  struct sigaction now{};
  sigaction(signal, nullptr, &now);
  return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

TEST_F(Mapped, a_file_shows_its_bytes_without_a_copy) {
  const MappedFile file(file_of_pages("file", 3));
  EXPECT_TRUE(file.is_mapped());
  EXPECT_EQ(file.bytes(), std::string(3 * page, 'x'));
  EXPECT_FALSE(file.was_cut());
}

TEST_F(Mapped, an_empty_file_and_what_cannot_be_mapped_are_read) {
  EXPECT_EQ(MappedFile(file_of_pages("empty", 0)).bytes(), "");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "text", 4), 4);
  close(ends[1]);
  const MappedFile from_pipe(ends[0], "pipe");
  close(ends[0]);
  EXPECT_FALSE(from_pipe.is_mapped());
  EXPECT_EQ(from_pipe.bytes(), "text");
}

TEST_F(Mapped, a_missing_file_is_named) {
  try {
    MappedFile(at("nothing"));
    FAIL() << "no error";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("nothing"), std::string::npos);
  }
}

TEST_F(Mapped, what_was_cut_off_reads_as_zeros_and_is_told) {
  const MappedFile file(file_of_pages("file", 8));
  fs::resize_file(at("file"), 2 * page);
  EXPECT_FALSE(file.was_cut()) << "nothing of it was read yet";
  EXPECT_EQ(file.bytes()[5 * page + 7], '\0');
  EXPECT_TRUE(file.was_cut());
  EXPECT_EQ(file.bytes()[page], 'x');
  EXPECT_EQ(file.bytes()[7 * page], '\0');
}

TEST_F(Mapped, two_files_are_cut_apart) {
  const MappedFile cut(file_of_pages("cut", 4)), whole(file_of_pages("whole", 4));
  fs::resize_file(at("cut"), 0);
  EXPECT_EQ(cut.bytes()[0], '\0');
  EXPECT_EQ(whole.bytes()[0], 'x');
  EXPECT_TRUE(cut.was_cut());
  EXPECT_FALSE(whole.was_cut());
}

TEST_F(Mapped, more_files_than_the_handler_knows_are_read) {
  file_of_pages("file", 1);
  std::vector<MappedFile> files;
  for (int i = 0; i < 100; ++i) files.emplace_back(at("file"));
  fs::resize_file(at("file"), 0);
  EXPECT_TRUE(files.front().is_mapped());
  EXPECT_FALSE(files.back().is_mapped());
  EXPECT_EQ(files.back().bytes()[0], 'x');
  EXPECT_EQ(files.front().bytes()[0], '\0');
}

// --- the signal belongs to others, too ---

/// Touches a page of a file that has none.
void raise_foreign_bus_error(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDWR);
  void* const address = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
  if (ftruncate(descriptor, 0) != 0) std::abort();
  const volatile char value = *static_cast<volatile char*>(address);
  static_cast<void>(value);
  std::abort();
}

TEST_F(Mapped, the_signal_is_as_it_was_afterwards) {
  struct sigaction before{};
  struct sigaction after{};
  std::signal(SIGBUS, SIG_DFL);
  sigaction(SIGBUS, nullptr, &before);
  {
    const MappedFile file(file_of_pages("file", 1));
    EXPECT_FALSE(is_default(SIGBUS));
  }
  sigaction(SIGBUS, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST_F(Mapped, a_bus_error_elsewhere_reaches_the_handler_that_was_there_before) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  file_of_pages("other", 1);
  EXPECT_EXIT(
      {
        std::signal(SIGBUS, [](int) { _exit(42); });
        const MappedFile file(file_of_pages("file", 1));
        raise_foreign_bus_error(at("other"));
      },
      ::testing::ExitedWithCode(42), "");
}

TEST_F(Mapped, a_bus_error_elsewhere_ends_a_process_without_a_handler) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  file_of_pages("other", 1);
  EXPECT_EXIT(
      {
        std::signal(SIGBUS, SIG_DFL);
        const MappedFile file(file_of_pages("file", 1));
        raise_foreign_bus_error(at("other"));
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

// --- native traces ---

TEST_F(Mapped, a_trace_that_is_cut_after_it_was_opened_is_a_format_error) {
  save_native(long_trace(), at("trace"));
  const auto whole_size = fs::file_size(at("trace") / ctf::events_name);
  for (const std::size_t size : {std::size_t{0}, page, whole_size / 2, whole_size - page}) {
    save_native(long_trace(), at("trace"));
    const MappedFile metadata(at("trace") / ctf::metadata_name);
    const MappedFile events(at("trace") / ctf::events_name);
    const MappedFile definitions(at("trace") / ctf::definitions_name);
    fs::resize_file(at("trace") / ctf::events_name, size);
    const ctf::FilesView files(metadata.bytes(), events.bytes(), definitions.bytes());
    EXPECT_THROW(ctf::decode(files, at("trace")), TraceFormatError) << size;
    EXPECT_TRUE(events.was_cut()) << size;
  }
}

/// Cuts and restores a file until it is told to stop.
class Cutter {
 public:
  explicit Cutter(fs::path path) : path_(std::move(path)) {
    std::ifstream file(path_, std::ios::binary);
    content_.assign(std::istreambuf_iterator<char>(file), {});
    thread_ = std::thread([this] { run(); });
  }
  ~Cutter() {
    must_stop_ = true;
    thread_.join();
  }

 private:
  void run() {
    std::mt19937 random(1);
    const int descriptor = open(path_.c_str(), O_WRONLY);
    while (!must_stop_) {
      if (ftruncate(descriptor, static_cast<off_t>(random() % content_.size())) != 0) std::abort();
      std::this_thread::yield();
      const auto size = static_cast<ssize_t>(content_.size());
      if (pwrite(descriptor, content_.data(), content_.size(), 0) != size) std::abort();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    }
    close(descriptor);
  }

  fs::path path_;
  std::string content_;
  std::atomic<bool> must_stop_{false};
  std::thread thread_;
};

TEST_F(Mapped, a_trace_that_is_cut_again_and_again_is_whole_or_a_format_error) {
  const TraceStore trace = long_trace();
  save_native(trace, at("trace"));
  const Cutter cutter(at("trace") / ctf::events_name);
  int whole = 0, refused = 0;
  for (int round = 0; round < 5000 && (round < 200 || whole == 0 || refused == 0); ++round) {
    try {
      EXPECT_TRUE(are_equal(load_trace(at("trace")), trace));
      ++whole;
    } catch (const TraceFormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(whole, 0);
  EXPECT_GT(refused, 0);
}

TEST_F(Mapped, recovery_of_a_trace_that_is_cut_meanwhile_gives_a_prefix) {
  const TraceStore trace = long_trace();
  save_native(trace, at("trace"));
  const Cutter cutter(at("trace") / ctf::events_name);
  int recovered = 0;
  for (int round = 0; round < 5000 && (round < 200 || recovered == 0); ++round) {
    try {
      const TraceStore part = recover_native(at("trace"));
      ++recovered;
      ASSERT_LE(part.size(), trace.size());
      EXPECT_TRUE(std::equal(part.columns().time.begin(), part.columns().time.end(),
                             trace.columns().time.begin()));
      EXPECT_EQ(part.size() + part.events_lost_count(), trace.size());
    } catch (const TraceFormatError&) {
    }
  }
  EXPECT_GT(recovered, 0);
}

TEST_F(Mapped, a_trace_that_is_replaced_meanwhile_is_the_old_one_or_the_new_one) {
  const TraceStore first = long_trace(3000), second = long_trace(5000);
  save_native(first, at("trace"));
  std::atomic<bool> must_stop{false};
  std::thread saver([&] {
    for (int i = 0; !must_stop; ++i) save_native(i % 2 == 0 ? second : first, at("trace"));
  });
  for (int round = 0; round < 200; ++round) {
    try {
      const std::size_t size = load_trace(at("trace")).size();
      EXPECT_TRUE(size == first.size() || size == second.size()) << size;
    } catch (const TraceFormatError&) {  // replaced at each of its readings
    }
  }
  must_stop = true;
  saver.join();
}

}  // namespace
}  // namespace rcuscope
