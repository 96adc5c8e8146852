// SPDX-License-Identifier: LGPL-2.1-or-later
// The model world for Python scenarios: actors are Python functions on threads that live as long as
// one call of explore() or replay(). Follows: the measured choice of threads over fibers, because
// CPython binds a thread state to a thread.
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <utility>

#include "base/baton.h"
#include "base/error.h"
#include "bindings.h"
#include "call.h"
#include "controller.h"
#include "errors.h"
#include "explore_options.h"
#include "interpreter.h"
#include "kernel_object.h"
#include "local_state.h"
#include "model/model.h"
#include "model/runner.h"
#include "primitives_of.h"
#include "python_steps.h"
#include "scenario/run.h"
#include "stepping.h"
#include "unit_runner.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

template <>
struct WorldPart<Model> {
  static constexpr bool has_static_locks = false;

  static bool is_tracing(Model w) { return w.execution().is_tracing(); }
  static ActorId current_actor(Model w) { return w.execution().current(); }
  [[noreturn]] static void cancel(Model w) {
    w.execution().request_interrupt();
    throw ExecutionAbandoned{};
  }
  static std::int64_t step_count(Model w) { return w.execution().steps(); }
  static void set_final_state(Model w, std::string state) {
    w.execution().set_final_state(std::move(state));
  }
  static std::uint32_t dependency_on(Model w, const void* pointer) {
    MemoryObserver* const memory = w.execution().memory_order();
    return memory == nullptr ? 0
                             : memory->dependency_on(w.execution(), w.execution().me(), pointer);
  }
  static void note_used(Model w, const void* pointer, std::uint32_t dependency) {
    if (MemoryObserver* const memory = w.execution().memory_order())
      memory->on_pointer_used(w.execution(), w.execution().me(), pointer, dependency);
  }
  static std::uint32_t latest_access(Model w) {
    MemoryObserver* const memory = w.execution().memory_order();
    return memory == nullptr ? 0 : memory->latest_access(w.execution().me());
  }
  static void note_dependent(Model w, std::span<const std::uint32_t> loads, bool is_store_only) {
    if (MemoryObserver* const memory = w.execution().memory_order())
      memory->on_dependent(w.execution().me(), loads, is_store_only);
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
  PythonRun(PythonProgramPtr program, std::shared_ptr<Controller> controller)
      : program_(std::move(program)),
        controller_(std::move(controller)),
        cpu_(current_cpu()),
        runner_(make_thread_runner(hooks(), cpu_)) {}

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

  /// Puts the calling thread where its actors run: a hand-over to another CPU costs more.
  void pin_controller() const { try_to_pin_thread(cpu_); }

  Program program(const Variant& variant, const IommuConfig& config) {
    return make_replaceable_program([this](ReplaceableKernel<Model>& kernel) { set_up(kernel); },
                                    variant, config);
  }

  /// What an actor raised to end the run, if it did. Context: GIL held.
  py::object interruption() const {
    return py::reinterpret_borrow<py::object>(activity_.interruption);
  }

 private:
  static constexpr auto runaway_time = std::chrono::seconds(5);
  /// Once one actor was found to run without end, the others of its kind are given less.
  static constexpr auto known_runaway_time = std::chrono::milliseconds(300);
  /// After the search's time the next operation ends it; an actor that comes to none is
  /// interrupted.
  static constexpr auto overtime = std::chrono::milliseconds(100);

  ThreadHooks hooks() {
    ThreadHooks hooks;
    hooks.on_thread_start = attach_thread;
    hooks.on_thread_end = detach_thread;
    hooks.before_wait = release_gil_if_held;
    hooks.after_wait = retake_gil;
    hooks.find_local_state = find_local_state;
    hooks.poll = [this] { return must_end(); };
    hooks.interrupt = [this](ActorId actor) { interrupt(actor); };
    return hooks;
  }

  /// The scenario's body, as the actor `main`.
  void set_up(ReplaceableKernel<Model>& kernel) {
    make(kernel);
    // Dies with the kernel, so that nothing calls the machinery afterwards.
    kernel.at_end(
        [guard = std::make_shared<CloseGuard>(kernel_->primitives)] { guard->is_used = true; });
    const Scenario* const of_catalogue = program_->of_catalogue;
    set_up_python<Model>(*program_, kernel, kernel_,
                         of_catalogue == nullptr ? nullptr : of_catalogue->replaceable_model);
  }

  void make(ReplaceableKernel<Model>& kernel) {
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
    if (controller_->must_end()) return true;
    const GilHeld gil;
    const auto now = SteadyClock::now();
    if (std::exchange(progress_count_, activity_.progress_count) != activity_.progress_count)
      last_operation_ = now;
    if (activity_.frames.empty()) return false;
    activity_.is_out_of_time = controller_->is_out_of_time() && now - last_operation_ >= overtime;
    if (activity_.is_out_of_time) return true;
    const SteadyClock::duration patience = activity_.is_stalled
                                               ? SteadyClock::duration(known_runaway_time)
                                               : SteadyClock::duration(runaway_time);
    if (now - last_operation_ < patience) return false;
    activity_.is_stalled = true;
    last_operation_ = now;
    return true;
  }

  /// Raises ExecutionAbandoned in the Python code of an actor.
  void interrupt(ActorId actor) {
    const GilHeld gil;
    interrupt_frames(activity_, [actor](const ActorFrame& frame) { return frame.actor == actor; });
  }

  PythonProgramPtr program_;
  std::shared_ptr<Controller> controller_;
  Activity activity_;
  KernelObject* kernel_ = nullptr;  // of the latest execution
  std::uint64_t progress_count_ = 0;
  SteadyClock::time_point last_operation_ = SteadyClock::now();
  int cpu_;
  std::unique_ptr<ActorRunner> runner_;
};

/// Of the scenario, where it is the catalogue's, with what the options say.
IommuConfig config_of(const PythonProgram& python, const py::dict& options) {
  return python.of_catalogue == nullptr ? kernel_config(options)
                                        : kernel_config(options, python.of_catalogue->config);
}

/// A call of explore() or replay(): what its caller and its controller's thread share.
template <class Result>
struct Task {
  Result result;
  py::object interruption;  ///< KeyboardInterrupt and the like of an actor; null: none.
};

/// Calls search(program, runner, options) on a thread of its own. Return: nothing, if that was left
/// behind at Ctrl-C. Throws: what search throws. Context: GIL held.
template <class Result, class Function>
bool run_task(const std::shared_ptr<Task<Result>>& task,
              const std::shared_ptr<Controller>& controller, Attention& attention,
              const PythonProgramPtr& python, const Variant& variant, const py::dict& options,
              Function search) {
  ExploreOptions explore_with = explore_options(options);
  explore_with.progress = [controller](const Progress& p) { return controller->report(p); };
  auto run = std::make_shared<PythonRun>(python, controller);
  const Program program = run->program(variant, config_of(*python, options));
  return Controller::run(controller, attention,
                         [task, run = std::move(run), program, explore_with, search] {
                           run->pin_controller();
                           task->result = search(program, run->runner(), explore_with);
                           const GilHeld gil;
                           if (!task->interruption) task->interruption = run->interruption();
                         });
}

/// A run on a thread of a pool.
class PythonWorker final : public Worker {
 public:
  PythonWorker(const PythonProgramPtr& python, const std::shared_ptr<Controller>& controller,
               const Variant& variant, const IommuConfig& config,
               std::shared_ptr<Task<Verdict>> task)
      : task_(std::move(task)) {
    attach_thread();
    const GilHeld gil;
    run_ = std::make_unique<PythonRun>(python, controller);
    program_ = run_->program(variant, config);
  }
  ~PythonWorker() override {
    {
      const GilHeld gil;
      if (!task_->interruption) task_->interruption = run_->interruption();
      run_.reset();
    }
    detach_thread();
  }
  PythonWorker(const PythonWorker&) = delete;
  PythonWorker& operator=(const PythonWorker&) = delete;

  const Program& program() const override { return program_; }
  ActorRunner& runner() override { return run_->runner(); }

 private:
  std::shared_ptr<Task<Verdict>> task_;
  std::unique_ptr<PythonRun> run_;
  Program program_;
};

Verdict explore_python(const py::object& body, const Variant& variant, const py::dict& options,
                       py::object progress) {
  const PythonProgramPtr python = python_program(body, options);
  Attention attention(std::move(progress), options);
  const auto controller = std::make_shared<Controller>();
  const auto task = std::make_shared<Task<Verdict>>();
  ParallelOptions parallel = parallel_options(options);
  if (parallel.checkpoint.save) {
    controller->set_save([&attention, save = parallel.checkpoint.save](const std::string& state) {
      try {
        save(state);
      } catch (py::error_already_set& error) {
        const GilHeld gil;
        attention.take(error.value());  // ends the search
      }
    });
    parallel.checkpoint.save = [controller = std::weak_ptr(controller)](const std::string& state) {
      if (const std::shared_ptr<Controller> alive = controller.lock()) alive->offer_state(state);
    };
  }
  const auto search = [python, variant, config = config_of(*python, options), controller, task,
                       parallel](const Program& program, ActorRunner& runner,
                                 const ExploreOptions& explore_with) {
    controller->limit_time(explore_with.max_seconds);
    Verdict verdict = !parallel.is_wanted() ? search_schedules(program, runner, explore_with)
                                            : explore_in_parallel(
                                                  [&] {
                                                    return std::make_unique<PythonWorker>(
                                                        python, controller, variant, config, task);
                                                  },
                                                  parallel.jobs, explore_with, parallel.checkpoint);
    controller->limit_time({});
    finish_findings(verdict, program, runner, explore_with);
    return verdict;
  };
  try {
    if (!run_task(task, controller, attention, python, variant, options, search)) {
      attention.rethrow_other_errors();
      return controller->verdict_so_far();
    }
  } catch (const NondeterminismError&) {
    attention.rethrow();  // it was interrupted while a finding was run again
    throw;
  }
  attention.take(task->interruption);
  attention.rethrow_other_errors();
  return std::move(task->result);
}

/// Calls work as run_task does. Return: its result. Throws: what interrupted it, too.
template <class Result, class Function>
Result run_to_the_end(const std::shared_ptr<Controller>& controller, const py::object& body,
                      const Variant& variant, const py::dict& options, Function work) {
  Attention attention(py::none{}, options);
  const auto task = std::make_shared<Task<Result>>();
  const bool has_ended =
      run_task(task, controller, attention, python_program(body, options), variant, options, work);
  if (has_ended) attention.take(task->interruption);
  attention.rethrow();
  return std::move(task->result);
}

std::string run_unit_in_python(const py::object& body, const Variant& variant,
                               const py::dict& options, const std::string& unit, double seconds) {
  const auto controller = std::make_shared<Controller>();
  return run_to_the_end<std::string>(
      controller, body, variant, options,
      [unit, seconds, controller](const Program& program, ActorRunner& runner,
                                  const ExploreOptions& explore_with) {
        controller->limit_time(explore_with.max_seconds);
        return run_unit_for(unit, program, runner, explore_with, seconds,
                            [&controller] { return controller->must_end(); });
      });
}

Verdict explain_python(const py::object& body, const Variant& variant, const py::dict& options,
                       const Verdict& verdict) {
  return run_to_the_end<Verdict>(
      std::make_shared<Controller>(), body, variant, options,
      [verdict](const Program& program, ActorRunner& runner, const ExploreOptions& explore_with) {
        Verdict explained = verdict;
        finish_findings(explained, program, runner, explore_with);
        return explained;
      });
}

ReplayResult replay_python(const py::object& body, const Variant& variant,
                           const std::string& schedule, const py::dict& options,
                           const Metadata& metadata) {
  return run_to_the_end<ReplayResult>(
      std::make_shared<Controller>(), body, variant, options,
      [schedule, metadata](const Program& program, ActorRunner& runner,
                           const ExploreOptions& explore_with) {
        return replay(program, runner, schedule, explore_with, metadata);
      });
}

Standpoint step_python(const py::object& body, const Variant& variant, const py::dict& options,
                       const Metadata& metadata) {
  return run_to_the_end<Standpoint>(
      std::make_shared<Controller>(), body, variant, options,
      [request = step_request(options), metadata](const Program& program, ActorRunner& runner,
                                                  const ExploreOptions& explore_with) {
        return step_along(program, runner, request.schedule, request.next, explore_with, metadata);
      });
}

/// For rs.litmus, which knows the dependencies of its own code. Return: null for an actor whose
/// primitives do nothing any more. Throws: as frame_of().
Primitives* primitives_of(const py::object& kernel, const char* what) {
  if (!is_kernel(kernel.ptr()))
    throw py::type_error("kernel: expected the Kernel of a scenario, got " +
                         std::string(py::repr(kernel)));
  auto* const object = reinterpret_cast<KernelObject*>(kernel.ptr());
  return stays_quiet(frame_of(object, what)) ? nullptr : object->primitives;
}

void bind_litmus(py::module_& module) {
  module.def(
      "set_final_state",
      [](const py::object& kernel, std::string state) {
        if (Primitives* const world = primitives_of(kernel, "set_final_state"))
          world->set_final_state(std::move(state));
      },
      "kernel"_a, "state"_a,
      "Says what this execution ended with, for Verdict.final_states. Does nothing live.");
  module.def(
      "latest_access",
      [](const py::object& kernel) {
        Primitives* const world = primitives_of(kernel, "latest_access");
        return world == nullptr ? 0 : world->latest_access();
      },
      "kernel"_a, "Number of the actor's latest access, for note_dependent.");
  module.def(
      "note_dependent",
      [](const py::object& kernel, const std::vector<std::uint32_t>& loads, bool is_store_only) {
        if (Primitives* const world = primitives_of(kernel, "note_dependent"))
          world->note_dependent(loads, is_store_only);
      },
      "kernel"_a, "loads"_a, "is_store_only"_a,
      "The actor's next access depends on what these loads gave: all of it, or its store alone.");
}

}  // namespace

void bind_model(py::module_& module) {
  module.def(
      "explore_python", &explore_python, "body"_a, "variant"_a, "options"_a, "progress"_a,
      "Explores a Python scenario: a function of a Kernel, or a name of the catalogue with steps "
      "in Python.");
  module.def(
      "run_unit_in_python",
      [](const py::object& body, const Variant& variant, const py::dict& options,
         const py::bytes& unit, double seconds) {
        return py::bytes(run_unit_in_python(body, variant, options, unit, seconds));
      },
      "body"_a, "variant"_a, "options"_a, "unit"_a, "seconds"_a,
      "Explores a work unit for so many seconds. Returns what Division.complete takes.");
  bind_litmus(module);
  module.def("explain_python", &explain_python, "body"_a, "variant"_a, "options"_a, "verdict"_a,
             "Runs the findings of a verdict again for their explanations.");
  module.def(
      "replay_python",
      [](const py::object& body, const Variant& variant, const std::string& schedule,
         const py::dict& options, const Metadata& metadata) {
        ReplayResult result = replay_python(body, variant, schedule, options, metadata);
        return py::make_tuple(std::make_shared<TraceStore>(std::move(result.trace)),
                              std::move(result.findings));
      },
      "body"_a, "variant"_a, "schedule"_a, "options"_a, "metadata"_a,
      "Runs one schedule again. Returns the trace and the findings.");
  module.def(
      "step_python",
      [](const py::object& body, const Variant& variant, const py::dict& options,
         const Metadata& metadata) {
        return as_dict(step_python(body, variant, options, metadata));
      },
      "body"_a, "variant"_a, "options"_a, "metadata"_a,
      "Runs the option \"schedule\", then \"next\". Returns where the execution stands.");
}

}  // namespace rcuscope::bindings
