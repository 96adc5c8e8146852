// SPDX-License-Identifier: LGPL-2.1-or-later
// The live world for Python: scenarios on real threads. Threads of the run hold the GIL only inside
// Python code, and let it go wherever the world waits, so that a grace period never waits for a
// reader that waits for the GIL.
#include <pybind11/stl.h>

#include "bindings.h"

#if RCUSCOPE_LIVE

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "errors.h"
#include "explore_options.h"
#include "interpreter.h"
#include "io/native_recorder.h"
#include "kernel_object.h"
#include "live/actor.h"
#include "live/operation.h"
#include "live/run.h"
#include "primitives_of.h"
#include "python_steps.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"
#include "scenario/workload.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

template <>
struct WorldPart<Live> {
  static constexpr bool has_static_locks = true;

  /// Places tell findings where they are; without a trace nobody waits for them.
  static bool is_tracing(Live) { return live::current_actor().ring != nullptr; }
  static ActorId current_actor(Live) { return live::current_actor().id; }
  [[noreturn]] static void cancel(Live) { throw live::EndOfActor{}; }
  static void mark_escaped(Live, const void*) {}
  static std::uint32_t dependency_on(Live, const void*) { return 0; }
  static void note_used(Live, const void*, std::uint32_t) {}
  static std::uint32_t latest_access(Live) { return 0; }
  static void note_dependent(Live, std::span<const std::uint32_t>, bool) {}
  static std::int64_t step_count(Live) { return 0; }
  static void set_final_state(Live, const std::string&) {}
  static std::uint64_t stable_hash(Live, const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) >> 4;
  }
  /// The heap remembers names of locations once for a type.
  static const char* type_of_shared(const char* name) { return name; }
  static void msleep(Live, const Place& place) { live::msleep(place); }
  static Value fetch_add(Live w, Live::shared<Value>& location, Value number, Access access,
                         const Place& place) {
    Value old = w.read(location, Access::once, place);
    for (;;) {
      const Value seen = w.compare_exchange(location, old, old + number, access, place);
      if (seen == old) return old;
      old = seen;
    }
  }
  template <class T, class... Arguments>
  static T* make_static(Live w, const char* type, const char* name, Arguments&&... arguments) {
    T* const made = w.kzalloc<T>(type, name, Place{}, std::forward<Arguments>(arguments)...).raw();
    w.set_lifetime(made, Lifetime::root);
    return made;
  }
};

namespace {

/// One rs.run() of a Python scenario.
class PythonLiveRun {
 public:
  PythonLiveRun(PythonProgramPtr program, Attention& attention)
      : program_(std::move(program)), attention_(attention) {}

  /// Context: GIL held; the run's threads have ended, but for those that are stuck.
  ~PythonLiveRun() {
    retire();
    Py_XDECREF(activity_.interruption);
  }
  PythonLiveRun(const PythonLiveRun&) = delete;
  PythonLiveRun& operator=(const PythonLiveRun&) = delete;

  LiveHooks hooks() const {
    return {attach_thread, detach_thread, release_gil_if_held, retake_gil};
  }

  /// The scenario's body, as the actor `main` of one repetition.
  void set_up(ReplaceableKernel<Live>& kernel) {
    KernelObject* const made = make(kernel);
    kernel.at_end(
        [guard = std::make_shared<CloseGuard>(made->primitives)] { guard->is_used = true; });
    const Scenario* const of_catalogue = program_->of_catalogue;
    try {
      set_up_python<Live>(*program_, kernel, made,
                          of_catalogue == nullptr ? nullptr : of_catalogue->replaceable_live);
    } catch (py::error_already_set& error) {
      const GilHeld gil;
      error.restore();
      attention_.keep_error();
      throw UsageError("the scenario's body raised an exception");
    }
  }

  /// Called on the caller's thread. Return: true to end the run.
  bool must_end() {
    if (attention_.poll_signals()) return interrupt();
    const GilHeld gil;
    return activity_.interruption != nullptr;
  }

  /// Throws what ended the run, if an exception did. Context: GIL held.
  void rethrow() {
    if (activity_.interruption != nullptr) {
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(activity_.interruption)),
                      activity_.interruption);
      throw py::error_already_set();
    }
    attention_.rethrow();
  }

 private:
  struct CloseGuard {
    explicit CloseGuard(Primitives* closed) : primitives(closed) {}
    ~CloseGuard() { primitives->close(); }
    CloseGuard(const CloseGuard&) = delete;
    CloseGuard& operator=(const CloseGuard&) = delete;

    Primitives* primitives;
    bool is_used = false;
  };

  KernelObject* make(ReplaceableKernel<Live>& kernel) {
    const GilHeld gil;
    retire();
    try {
      kernel_ = make_kernel(KernelKind::live, new PrimitivesOf<Live>(kernel), &activity_);
    } catch (const PythonErrorIsSet&) {
      throw py::error_already_set();
    }
    return kernel_;
  }

  /// Ends the Python code that is left in the latest repetition: a runaway loop gives way to an
  /// exception. What does not within this time stays, without a run to refer to.
  void interrupt_rest() {
    constexpr int milliseconds_max = 20;
    const auto is_left = [this](const ActorFrame& frame) { return frame.kernel == kernel_; };
    interrupt_frames(activity_, is_left);
    for (int i = 0; i < milliseconds_max; ++i) {
      if (std::none_of(activity_.frames.begin(), activity_.frames.end(),
                       [&](const ActorFrame* frame) { return is_left(*frame); }))
        return;
      const GilReleased released;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void retire() {
    if (kernel_ == nullptr) return;
    interrupt_rest();
    retire_kernel(kernel_);
    Py_DECREF(std::exchange(kernel_, nullptr));
  }

  bool interrupt() {
    const GilHeld gil;
    interrupt_frames(activity_, [](const ActorFrame&) { return true; });
    return true;
  }

  PythonProgramPtr program_;
  Attention& attention_;
  Activity activity_;
  KernelObject* kernel_ = nullptr;  // of the latest repetition
};

TraceLevel level_named(const std::string& name) {
  if (name == "full") return TraceLevel::full;
  if (name == "section") return TraceLevel::section;
  if (name == "logical") return TraceLevel::logical;
  if (name == "off") return TraceLevel::off;
  throw UsageError("trace='" + name + "': expected full, section, logical or off");
}

/// Where events go while the run goes on: a native trace at options["record"], if it has one.
std::shared_ptr<EventSink> sink_of(const py::dict& options) {
  const py::object path = options["record"];
  if (path.is_none()) return nullptr;
  const bool is_logical = options["trace"].cast<std::string>() == "logical";
  return record_native(path.cast<std::string>(), is_logical ? Clock::steps : Clock::nanoseconds);
}

LiveRunOptions live_options(const py::dict& options) {
  constexpr double nanoseconds = 1e9;
  LiveRunOptions result;
  result.repeat = options["repeat"].cast<std::optional<std::uint64_t>>();
  result.seconds = options["seconds"].cast<std::optional<double>>();
  result.live.timeout = static_cast<Nanoseconds>(options["timeout"].cast<double>() * nanoseconds);
  result.live.flavor = options["flavor"].cast<std::string>();
  result.live.trace = level_named(options["trace"].cast<std::string>());
  result.sink = sink_of(options);
  return result;
}

py::dict latency(const live::LatencyPercentiles& percentiles) {
  return py::dict("count"_a = percentiles.count, "p50"_a = percentiles.p50,
                  "p90"_a = percentiles.p90, "p99"_a = percentiles.p99, "max"_a = percentiles.max);
}

py::dict numbers_of(const LiveStatistics& statistics) {
  py::dict numbers;
  numbers["repetitions"] = statistics.repetition_count;
  numbers["grace_periods"] = statistics.grace_period.count;
  numbers["grace_period"] = latency(statistics.grace_period);
  numbers["callbacks"] = statistics.callback_count;
  numbers["callback_delay"] = latency(statistics.callback_delay);
  numbers["work_items"] = statistics.work_count;
  numbers["sections"] = statistics.section_count;
  numbers["sections_per_second"] = statistics.sections_per_second;
  numbers["duration"] = statistics.duration;
  numbers["findings"] = statistics.finding_count;
  numbers["events_lost"] = statistics.events_lost_count;
  return numbers;
}

py::tuple as_tuple(LiveResult result, const Metadata& metadata) {
  TraceNames names = result.trace.names();
  for (const auto& [key, value] : metadata) names.metadata[key] = value;
  auto trace = std::make_shared<TraceStore>(result.trace.clock(), result.trace.columns(),
                                            std::move(names), result.trace.events_lost_count());
  return py::make_tuple(std::move(trace), std::move(result.findings),
                        numbers_of(result.statistics));
}

py::tuple run_python(const py::object& body, const Variant& variant, const py::dict& options,
                     const Metadata& metadata) {
  Attention attention(py::none{}, options);
  const LiveRunOptions run_with = live_options(options);
  const PythonProgramPtr program = python_program(body, options);
  const IommuConfig config =
      program->of_catalogue == nullptr ? IommuConfig{} : program->of_catalogue->config;
  PythonLiveRun run(program, attention);
  std::optional<LiveResult> result;
  try {
    const GilReleased released;
    result = run_live_replaceable([&run](ReplaceableKernel<Live>& kernel) { run.set_up(kernel); },
                                  variant, config, run_with, run.hooks(),
                                  [&run] { return run.must_end(); });
  } catch (const UsageError&) {
    run.rethrow();  // the body's own error, if that was the reason
    throw;
  }
  run.rethrow();
  return as_tuple(std::move(*result), metadata);
}

py::tuple run_catalogue(const std::string& name, const Variant& variant, const py::dict& options,
                        const Metadata& metadata) {
  Attention attention(py::none{}, options);
  const LiveRunOptions run_with = live_options(options);
  const Scenario& scenario = find_scenario(name);
  LiveResult result;
  {
    const GilReleased released;
    result = run_live(scenario.live, variant, scenario.config, run_with, {},
                      [&attention] { return attention.poll_signals(); });
  }
  attention.rethrow();
  return as_tuple(std::move(result), metadata);
}

Protect protect_named(const std::string& name) {
  if (name == "rcu") return Protect::rcu;
  if (name == "mutex") return Protect::mutex;
  if (name == "rwlock") return Protect::rwlock;
  throw UsageError("protect='" + name + "': expected rcu, mutex or rwlock");
}

WorkloadOptions workload_options(const Variant& variant, const py::dict& options) {
  constexpr double nanoseconds = 1e9;
  WorkloadOptions result;
  result.variant = variant;
  result.readers = options["readers"].cast<std::uint32_t>();
  result.updaters = options["updaters"].cast<std::uint32_t>();
  result.devices = options["devices"].cast<std::uint32_t>();
  result.seconds = options["seconds"].cast<double>();
  result.protect = protect_named(options["protect"].cast<std::string>());
  result.update_interval =
      static_cast<Nanoseconds>(options["update_interval"].cast<double>() * nanoseconds);
  result.live.flavor = options["flavor"].cast<std::string>();
  result.live.trace = level_named(options["trace"].cast<std::string>());
  result.live.event_count_max = options["events_max"].cast<std::uint64_t>();
  result.sink = sink_of(options);
  return result;
}

py::tuple run_workload_of(const Variant& variant, const py::dict& options,
                          const Metadata& metadata) {
  Attention attention(py::none{}, options);
  const WorkloadOptions run_with = workload_options(variant, options);
  WorkloadResult result;
  {
    const GilReleased released;
    result = run_workload(run_with, [&attention] { return attention.poll_signals(); });
  }
  attention.rethrow();
  const py::tuple run = as_tuple(std::move(result.live), metadata);
  const py::dict numbers = run[2];
  numbers["updates"] = result.workload.update_count;
  numbers["section"] = latency(result.workload.section);
  numbers["put_device_delay"] = latency(result.workload.put_device_delay);
  return run;
}

}  // namespace

void bind_live(py::module_& module) {
  module.attr("has_live") = true;
  module.def(
      "run_python", &run_python, "body"_a, "variant"_a, "options"_a, "metadata"_a,
      "Runs a Python scenario, or one of the catalogue with steps in Python, on real threads. "
      "Returns trace, findings and numbers.");
  module.def(
      "run_catalogue", &run_catalogue, "name"_a, "variant"_a, "options"_a, "metadata"_a,
      "Runs a scenario of the catalogue on real threads. Returns trace, findings and numbers.");
  module.def("run_workload", &run_workload_of, "variant"_a, "options"_a, "metadata"_a,
             "Drives the machinery with threads of C++. Returns trace, findings and numbers.");
}

}  // namespace rcuscope::bindings

#else

namespace rcuscope::bindings {

void bind_live(pybind11::module_& module) {
  module.attr("has_live") = false;
  for (const char* name : {"run_python", "run_catalogue", "run_workload"})
    module.def(name, [](const pybind11::args&) -> pybind11::object {
      throw pybind11::value_error("built without liburcu: there is no live world");
    });
}

}  // namespace rcuscope::bindings

#endif
