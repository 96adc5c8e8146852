// SPDX-License-Identifier: LGPL-2.1-or-later
// The Arrow C stream interface, by hand: a stream of one record batch, whose buffers are the
// columns of the trace.
// Follows: the Arrow C data interface and C stream interface, whose structs these are.
#include "arrow.h"

#include <pybind11/numpy.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace py = pybind11;

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema*);
  int (*get_next)(ArrowArrayStream*, ArrowArray*);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

}  // extern "C"

namespace rcuscope::bindings {
namespace {

constexpr const char* stream_name = "arrow_array_stream";

struct Column {
  std::string name;
  const char* format = "";
  const void* data = nullptr;
  py::object owner;                   ///< Of `data`, unless it is in `text`.
  std::string text;                   ///< Texts, one after the other ...
  std::vector<std::int64_t> offsets;  ///< ... and where each begins.
  bool is_text = false;
};

struct Batch {
  std::vector<Column> columns;
  std::int64_t rows = 0;
};
using SharedBatch = std::shared_ptr<Batch>;

/// Readers release from any thread, without the GIL.
void delete_batch(Batch* batch) {
  const py::gil_scoped_acquire gil;
  delete batch;
}

const char* format_of(const py::array& array) {
  const char kind = array.dtype().kind();
  const py::ssize_t size = array.itemsize();
  if (kind == 'i') return size == 8 ? "l" : size == 4 ? "i" : size == 2 ? "s" : "c";
  // Arrow packs booleans into bits, so they go out as bytes.
  if (kind == 'u' || kind == 'b') return size == 8 ? "L" : size == 4 ? "I" : size == 2 ? "S" : "C";
  throw py::type_error("expected integers or booleans in the column of an Arrow stream");
}

Column number_column(std::string name, const py::array& array) {
  Column column;
  column.name = std::move(name);
  column.format = format_of(array);
  column.data = array.data();
  column.owner = array;
  return column;
}

Column text_column(std::string name, const py::handle& texts) {
  Column column;
  column.name = std::move(name);
  column.format = "U";
  column.is_text = true;
  column.offsets.push_back(0);
  for (const py::handle text : texts) {
    column.text += text.cast<std::string>();
    column.offsets.push_back(static_cast<std::int64_t>(column.text.size()));
  }
  return column;
}

bool is_number_array(const py::handle& value) {
  return py::isinstance<py::array>(value) && value.cast<py::array>().dtype().kind() != 'O';
}

SharedBatch make_batch(const py::dict& columns) {
  SharedBatch batch(new Batch, &delete_batch);
  for (const auto& [name, values] : columns) {
    batch->rows = static_cast<std::int64_t>(py::len(values));
    const auto text = name.cast<std::string>();
    batch->columns.push_back(is_number_array(values) ? number_column(text, values.cast<py::array>())
                                                     : text_column(text, values));
  }
  return batch;
}

// ---- schema. Children may outlive their parent, so each part holds the batch by itself.

struct SchemaParts {
  SharedBatch batch;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

template <class Part, class Parts>
void release_part(Part* part) {
  for (std::int64_t i = 0; i < part->n_children; ++i) {
    Part* child = part->children[i];
    if (child->release != nullptr) child->release(child);
  }
  delete static_cast<Parts*>(part->private_data);
  part->release = nullptr;
}

template <class Part, class Parts>
void adopt(Part* part, std::unique_ptr<Parts> parts) {
  for (Part& child : parts->children) parts->pointers.push_back(&child);
  part->n_children = static_cast<std::int64_t>(parts->children.size());
  part->children = parts->pointers.data();
  part->dictionary = nullptr;
  part->release = &release_part<Part, Parts>;
  part->private_data = parts.release();
}

void fill_schema(const SharedBatch& batch, ArrowSchema* out) {
  auto parts = std::make_unique<SchemaParts>();
  parts->batch = batch;
  parts->children.resize(batch->columns.size());
  for (std::size_t i = 0; i < batch->columns.size(); ++i) {
    ArrowSchema& child = parts->children[i];
    child = {};
    child.format = batch->columns[i].format;
    child.name = batch->columns[i].name.c_str();
    auto own = std::make_unique<SchemaParts>();
    own->batch = batch;
    adopt(&child, std::move(own));
  }
  *out = {};
  out->format = "+s";
  out->name = "";
  adopt(out, std::move(parts));
}

// ---- array

struct ArrayParts {
  SharedBatch batch;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
  std::array<const void*, 3> buffers{};
};

void set_buffers(ArrowArray* array, ArrayParts& parts, std::int64_t count, std::int64_t rows) {
  array->length = rows;
  array->null_count = 0;
  array->n_buffers = count;
  array->buffers = parts.buffers.data();
}

void fill_array(const SharedBatch& batch, ArrowArray* out) {
  auto parts = std::make_unique<ArrayParts>();
  parts->batch = batch;
  parts->children.resize(batch->columns.size());
  for (std::size_t i = 0; i < batch->columns.size(); ++i) {
    const Column& column = batch->columns[i];
    auto own = std::make_unique<ArrayParts>();
    own->batch = batch;
    // The first buffer would tell of missing values.
    own->buffers[1] = column.is_text ? column.offsets.data() : column.data;
    own->buffers[2] = column.text.data();
    ArrowArray& child = parts->children[i];
    child = {};
    set_buffers(&child, *own, column.is_text ? 3 : 2, batch->rows);
    adopt(&child, std::move(own));
  }
  *out = {};
  set_buffers(out, *parts, 1, batch->rows);
  adopt(out, std::move(parts));
}

// ---- stream

struct Stream {
  SharedBatch batch;
  bool is_over = false;
};

Stream* state_of(ArrowArrayStream* stream) { return static_cast<Stream*>(stream->private_data); }

/// No exception may leave a function that C calls.
template <class Fill>
int without_exceptions(Fill fill) {
  try {
    fill();
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  return without_exceptions([&] { fill_schema(state_of(stream)->batch, out); });
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  *out = {};  // without `release`: the end
  Stream* state = state_of(stream);
  if (state->is_over) return 0;
  state->is_over = true;
  return without_exceptions([&] { fill_array(state->batch, out); });
}

const char* get_last_error(ArrowArrayStream*) { return nullptr; }

void release_stream(ArrowArrayStream* stream) {
  delete state_of(stream);
  stream->release = nullptr;
}

void delete_stream(PyObject* capsule) {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, stream_name));
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

}  // namespace

py::object arrow_stream(const py::dict& columns) {
  auto state = std::make_unique<Stream>();
  state->batch = make_batch(columns);
  auto stream = std::make_unique<ArrowArrayStream>();
  *stream = {&get_schema, &get_next, &get_last_error, &release_stream, state.release()};
  PyObject* made = PyCapsule_New(stream.get(), stream_name, &delete_stream);
  if (made == nullptr) {
    stream->release(stream.get());
    throw py::error_already_set();
  }
  stream.release();
  return py::reinterpret_steal<py::object>(made);
}

}  // namespace rcuscope::bindings
