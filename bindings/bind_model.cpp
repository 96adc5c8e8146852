// SPDX-License-Identifier: LGPL-2.1-or-later
// The model world for Python scenarios: actors are Python functions on threads that live as long as
// one call of explore() or replay(). Follows: the measured choice of threads over fibers, because
// CPython binds a thread state to a thread.
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <utility>

#include "base/error.h"
#include "bindings.h"
#include "errors.h"
#include "explore_options.h"
#include "interpreter.h"
#include "kernel_object.h"
#include "model/model.h"
#include "model/runner.h"
#include "primitives_of.h"
#include "scenario/run.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

template <>
struct WorldPart<Model> {
  static constexpr bool has_static_mutexes = false;

  static bool is_tracing(Model w) { return w.execution().is_tracing(); }
  static ActorId current_actor(Model w) { return w.execution().current(); }
  [[noreturn]] static void cancel(Model w) {
    w.execution().request_interrupt();
    throw ExecutionAbandoned{};
  }
  static void mark_escaped(Model w, const void* object) {
    if (object != nullptr) w.mark_escaped(object);
  }
  /// Offsets from the object around: the same in every process.
  static std::uint64_t stable_hash(Model w, const void* address) {
    const ModelHeap& heap = w.execution().heap();
    const ObjectId id = heap.find(address);
    if (!id.is_valid()) return 0;
    const auto offset = static_cast<const std::byte*>(address) - heap.at(id).start;
    return static_cast<std::uint64_t>(id.value) << 20 | static_cast<std::uint64_t>(offset);
  }
  /// No object around it: in messages a shared location is just its name.
  static const char* type_of_shared(const char*) { return ""; }
  static void msleep(Model w, const Place& place) { w.msleep(place); }
  static Value fetch_add(Model w, Model::shared<Value>& location, Value number, Access access,
                         const Place& place) {
    return w.fetch_add(location, number, access, place);
  }
  /// Memory on the heap without an operation: a lock or list head is just there. Its address is the
  /// same in every execution, as the search compares what operations touch.
  template <class T, class... Arguments>
  static T* make_static(Model w, const char* type, const char* name, Arguments&&... arguments) {
    Execution& execution = w.execution();
    const ObjectId id =
        execution.heap().allocate(execution.current(), type, execution.intern(name), sizeof(T));
    HeapObject& object = execution.heap().at(id);
    object.lifetime = Lifetime::root;
    return new (object.start) T(std::forward<Arguments>(arguments)...);
  }
};

namespace {

using SteadyClock = std::chrono::steady_clock;

/// One explore() or replay() of a Python scenario.
class PythonRun {
 public:
  PythonRun(py::function body, Attention& attention)
      : body_(std::move(body)), attention_(attention), runner_(make_thread_runner(hooks())) {}

  /// Context: GIL held.
  ~PythonRun() {
    {
      const GilReleased released;
      runner_.reset();  // its threads take the GIL to detach
    }
    retire();
    Py_XDECREF(activity_.interruption);
  }
  PythonRun(const PythonRun&) = delete;
  PythonRun& operator=(const PythonRun&) = delete;

  ActorRunner& runner() { return *runner_; }
  bool is_stalled() const { return activity_.is_stalled; }

  Program program(const Variant& variant) {
    return make_program([this](Kernel<Model>& kernel) { set_up(kernel); }, variant);
  }

  /// What an actor raised to end the run, if it did. Context: GIL held.
  void take_interruption() {
    if (activity_.interruption == nullptr) return;
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(activity_.interruption)),
                    activity_.interruption);
    attention_.keep_error();
  }

 private:
  static constexpr auto runaway_time = std::chrono::seconds(5);
  /// Once one actor was found to run without end, the others of its kind are given less.
  static constexpr auto known_runaway_time = std::chrono::milliseconds(300);

  ThreadHooks hooks() {
    ThreadHooks hooks;
    hooks.on_thread_start = attach_thread;
    hooks.on_thread_end = detach_thread;
    hooks.before_wait = release_gil_if_held;
    hooks.after_wait = retake_gil;
    hooks.poll = [this] { return must_end(); };
    hooks.interrupt = [this](ActorId actor) { interrupt(actor); };
    return hooks;
  }

  /// The scenario's body, as the actor `main`.
  void set_up(Kernel<Model>& kernel) {
    make(kernel);
    // Dies with the kernel, so that nothing calls the machinery afterwards.
    kernel.at_end(
        [guard = std::make_shared<CloseGuard>(kernel_->primitives)] { guard->is_used = true; });
    FrameScope scope(kernel_, true);
    scope.call(body_.ptr(), {reinterpret_cast<PyObject*>(kernel_)});
  }

  void make(Kernel<Model>& kernel) {
    const GilHeld gil;
    retire();
    try {
      kernel_ = make_kernel(KernelKind::model, new PrimitivesOf<Model>(kernel), &activity_);
    } catch (const PythonErrorIsSet&) {
      throw py::error_already_set();
    }
  }

  struct CloseGuard {
    explicit CloseGuard(Primitives* closed) : primitives(closed) {}
    ~CloseGuard() { primitives->close(); }
    CloseGuard(const CloseGuard&) = delete;
    CloseGuard& operator=(const CloseGuard&) = delete;

    Primitives* primitives;
    bool is_used = false;
  };

  /// Context: GIL held; no actor of the last execution runs any more.
  void retire() {
    if (kernel_ == nullptr) return;
    retire_kernel(kernel_);
    Py_DECREF(std::exchange(kernel_, nullptr));
  }

  /// Called by the waiting controller every 50 ms.
  bool must_end() {
    if (attention_.poll_signals()) return true;
    const GilHeld gil;
    const auto now = SteadyClock::now();
    if (std::exchange(operation_count_, activity_.operation_count) != activity_.operation_count)
      last_operation_ = now;
    const SteadyClock::duration patience = activity_.is_stalled
                                               ? SteadyClock::duration(known_runaway_time)
                                               : SteadyClock::duration(runaway_time);
    if (activity_.frames.empty() || now - last_operation_ < patience) return false;
    activity_.is_stalled = true;
    last_operation_ = now;
    return true;
  }

  /// Raises ExecutionAbandoned in the Python code of an actor.
  void interrupt(ActorId actor) {
    const GilHeld gil;
    interrupt_frames(activity_, [actor](const ActorFrame& frame) { return frame.actor == actor; });
  }

  py::function body_;
  Attention& attention_;
  Activity activity_;
  KernelObject* kernel_ = nullptr;  // of the latest execution
  std::uint64_t operation_count_ = 0;
  SteadyClock::time_point last_operation_ = SteadyClock::now();
  std::unique_ptr<ActorRunner> runner_;
};

Verdict explore_python(py::function body, const Variant& variant, const py::dict& options,
                       py::object progress) {
  Attention attention(std::move(progress));
  const ExploreOptions explore_with = explore_options(options, attention);
  PythonRun run(std::move(body), attention);
  const Program program = run.program(variant);
  Verdict verdict;
  try {
    const GilReleased released;
    verdict = explore(program, run.runner(), explore_with);
  } catch (const NondeterminismError&) {
    attention.rethrow();  // it was interrupted while a finding was run again
    throw;
  }
  run.take_interruption();
  attention.rethrow_other_errors();
  return verdict;
}

ReplayResult replay_python(py::function body, const Variant& variant, const std::string& schedule,
                           const py::dict& options, const Metadata& metadata) {
  Attention attention(py::none{});
  const ExploreOptions explore_with = explore_options(options, attention);
  PythonRun run(std::move(body), attention);
  const Program program = run.program(variant);
  ReplayResult result;
  {
    const GilReleased released;
    result = replay(program, run.runner(), schedule, explore_with, metadata);
  }
  run.take_interruption();
  attention.rethrow();
  return result;
}

}  // namespace

void bind_model(py::module_& module) {
  module.def("explore_python", &explore_python, "body"_a, "variant"_a, "options"_a, "progress"_a,
             "Explores a Python scenario: a function of a Kernel.");
  module.def(
      "replay_python",
      [](py::function body, const Variant& variant, const std::string& schedule,
         const py::dict& options, const Metadata& metadata) {
        ReplayResult result = replay_python(std::move(body), variant, schedule, options, metadata);
        return py::make_tuple(std::make_shared<TraceStore>(std::move(result.trace)),
                              std::move(result.findings));
      },
      "body"_a, "variant"_a, "schedule"_a, "options"_a, "metadata"_a,
      "Runs one schedule again. Returns the trace and the findings.");
}

}  // namespace rcuscope::bindings
