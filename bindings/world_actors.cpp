// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's decorators: each declares one actor, or the check at the end.
#include <string>
#include <utility>

#include "call.h"
#include "errors.h"
#include "world_types.h"

namespace rcuscope::bindings {
namespace {

/// What `@k.process("name", cpu=0)` leaves behind: waits for the function.
struct DeclarationObject {
  PyObject_HEAD KernelObject* kernel;
  PyObject* name;       ///< Or null: the function's.
  PyObject* arguments;  ///< A tuple.
  CpuId cpu;
  ActorKind kind;
};

PyTypeObject* declaration_type = nullptr;

DeclarationObject* as_declaration(PyObject* object) {
  return reinterpret_cast<DeclarationObject*>(object);
}

/// Calling a generator function or a coroutine function runs none of its code.
void refuse_generator(PyObject* function) {
  PyObject* const code = PyObject_GetAttrString(function, "__code__");
  if (code == nullptr) {
    PyErr_Clear();  // some other callable
    return;
  }
  const int flags = PyCode_Check(code) ? reinterpret_cast<PyCodeObject*>(code)->co_flags : 0;
  Py_DECREF(code);
  if ((flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0)
    raise(PyExc_TypeError,
          "%R is a generator or coroutine: calling it runs nothing; an actor is a plain function",
          function);
}

void declare(DeclarationObject& declared, PyObject* function) {
  refuse_generator(function);
  KernelObject* const kernel = declared.kernel;
  ActorSpec actor;
  actor.name =
      declared.name == nullptr ? function_name(function) : checked(PyUnicode_AsUTF8(declared.name));
  actor.kind = declared.kind;
  actor.cpu = declared.cpu;
  PyObject* const arguments = declared.arguments;
  actor.body = [kernel, function, arguments] { call_actor(kernel, function, arguments); };
  kernel->primitives->declare(std::move(actor));
  keep(kernel, function);
  keep(kernel, arguments);
}

PyObject* declaration_call(PyObject* self, PyObject* arguments, PyObject* names) {
  DeclarationObject& declared = *as_declaration(self);
  try {
    if (PyTuple_GET_SIZE(arguments) != 1 || names != nullptr)
      raise(PyExc_TypeError, "a declaration takes one argument, the actor's function");
    PyObject* const function = PyTuple_GET_ITEM(arguments, 0);
    if (PyCallable_Check(function) == 0)
      raise(PyExc_TypeError, "an actor is a function, not %R", function);
    ActorFrame& frame = frame_of(declared.kernel, "the declaration of an actor");
    if (!stays_quiet(frame)) declare(declared, function);
    return Py_NewRef(function);
  } catch (...) {
    return end_primitive();
  }
}

void declaration_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<PyObject*>(as_declaration(self)->kernel));
  Py_XDECREF(as_declaration(self)->name);
  Py_XDECREF(as_declaration(self)->arguments);
  type->tp_free(self);
  Py_DECREF(type);
}

CpuId cpu_of(Call& call, std::size_t index) {
  if (call.argument(index) == nullptr || call.argument(index) == Py_None) return {};
  const std::int64_t cpu = call.integer(index, 0);
  constexpr std::int64_t cpus_max = 1024;
  if (cpu < 0 || cpu >= cpus_max)
    raise(exceptions.usage_error, "%s(cpu=%lld): expected 0 to %lld, or None for a CPU of its own",
          call.name(), static_cast<long long>(cpu), static_cast<long long>(cpus_max - 1));
  return {static_cast<std::int32_t>(cpu)};
}

PyObject* arguments_of(Call& call, std::size_t index) {
  PyObject* const given = call.argument(index);
  if (given == nullptr) return checked(PyTuple_New(0));
  PyObject* const arguments = PySequence_Tuple(given);
  if (arguments == nullptr && PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Clear();
    call.wrong_type(index, "an iterable of the actor's arguments, such as (3,)");
  }
  return checked(arguments);
}

/// Bare (`@k.process`): declares at once. Else returns what waits for the function.
template <ActorKind kind>
PyObject* actor(Call& call) {
  PyObject* const first = call.argument(0);
  const bool is_bare = first != nullptr && first != Py_None && !PyUnicode_Check(first);
  PyObject* const made = checked(declaration_type->tp_alloc(declaration_type, 0));
  DeclarationObject& declared = *as_declaration(made);
  declared.kernel =
      reinterpret_cast<KernelObject*>(Py_NewRef(reinterpret_cast<PyObject*>(call.kernel())));
  declared.kind = kind;
  declared.name = is_bare || first == nullptr || first == Py_None ? nullptr : Py_NewRef(first);
  struct Owner {  // until it is returned
    PyObject* object;
    ~Owner() { Py_XDECREF(object); }
  } owner{made};
  declared.cpu = cpu_of(call, 1);
  declared.arguments = arguments_of(call, 2);
  if (declared.name != nullptr && PyUnicode_GetLength(declared.name) == 0)
    raise(exceptions.usage_error, "%s(''): expected a name, or nothing for the function's",
          call.name());
  if (!is_bare) return std::exchange(owner.object, nullptr);
  if (PyCallable_Check(first) == 0) call.wrong_type(0, "a name or a function");
  declare(declared, first);
  return Py_NewRef(first);
}

/// The name is given by position, the rest by name.
constexpr Spec decorator(const char* name, const char* doc, PyObject* (*body)(Call&)) {
  Spec spec{name, doc, body, {"name", "cpu", "args"}};
  spec.positional_max = 1;
  spec.positional_only = 1;
  return spec;
}

constexpr Spec process = decorator(
    "process",
    "process(self, name: str | collections.abc.Callable[..., object] | None = None, /, *, cpu: int "
    "| None = None, args: collections.abc.Iterable[object] = ()) -> typing.Any\n\n"
    "Declares an actor in process context."
    "\n\nThe function is returned unchanged, and is called once with `args`, on CPU `cpu` or one "
    "of its own.\nRaises: UsageError after set-up, and for a name that another actor has.",
    actor<ActorKind::process>);
constexpr Spec kthread = decorator(
    "kthread",
    "kthread(self, name: str | collections.abc.Callable[..., object] | None = None, /, *, cpu: int "
    "| None = None, args: collections.abc.Iterable[object] = ()) -> "
    "typing.Any\n\nDeclares a kernel thread."
    "\n\nThe function is returned unchanged, and is called once with `args`, on CPU `cpu` or one "
    "of its own.\nRaises: UsageError after set-up, and for a name that another actor has.",
    actor<ActorKind::kthread>);
constexpr Spec threaded_irq = decorator(
    "threaded_irq",
    "threaded_irq(self, name: str | collections.abc.Callable[..., object] | None = None, /, *, "
    "cpu: int | None = None, args: collections.abc.Iterable[object] = ()) -> typing.Any\n\n"
    "Declares a threaded interrupt handler: process context."
    "\n\nThe function is returned unchanged, and is called once with `args`, on CPU `cpu` or one "
    "of its own.\nRaises: UsageError after set-up, and for a name that another actor has.",
    actor<ActorKind::threaded_irq>);
constexpr Spec softirq = decorator(
    "softirq",
    "softirq(self, name: str | collections.abc.Callable[..., object] | None = "
    "None, /, *, cpu: int | None = None, args: collections.abc.Iterable[object] "
    "= ()) -> typing.Any\n\nDeclares a softirq."
    "\n\nThe function is returned unchanged, and is called once with `args`, on CPU `cpu` or one "
    "of its own.\nRaises: UsageError after set-up, and for a name that another actor has.",
    actor<ActorKind::softirq>);
constexpr Spec hardirq = decorator(
    "hardirq",
    "hardirq(self, name: str | collections.abc.Callable[..., object] | None = None, /, *, cpu: int "
    "| None = None, args: collections.abc.Iterable[object] = ()) -> typing.Any\n\n"
    "Declares an interrupt handler, which fires once."
    "\n\nThe function is returned unchanged, and is called once with `args`, on CPU `cpu` or one "
    "of its own.\nRaises: UsageError after set-up, and for a name that another actor has.",
    actor<ActorKind::hardirq>);

PyObject* declare_end(Call& call) {
  KernelObject* const kernel = call.kernel();
  if (!current_frame->is_setup)
    raise(exceptions.usage_error,
          "at_end(%R) is called after setup; declare it before the first actor runs",
          call.function(0));
  PyObject* const function = keep(kernel, call.function(0));
  PyObject* const arguments = checked(PyTuple_New(0));
  keep(kernel, arguments);
  Py_DECREF(arguments);
  call.world().at_end([kernel, function, arguments] { call_actor(kernel, function, arguments); });
  return Py_NewRef(function);
}
constexpr Spec at_end{
    "at_end",
    "at_end(self, function: collections.abc.Callable[..., object], /) -> typing.Any\n\n"
    "Runs alone after all actors, callbacks and work; for checks and clean-up.",
    declare_end,
    {"function"},
    1};

}  // namespace

void add_declaration_type() {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(declaration_dealloc)},
                                {Py_tp_call, reinterpret_cast<void*>(declaration_call)},
                                {0, nullptr}};
  static PyType_Spec spec{"rcuscope._core.Declaration", sizeof(DeclarationObject), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  declaration_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)));
}

std::span<const PyMethodDef> actor_methods() {
  static const PyMethodDef rows[] = {
      method<process>(), method<kthread>(), method<threaded_irq>(),
      method<softirq>(), method<hardirq>(), method<at_end>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
