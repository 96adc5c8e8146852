// SPDX-License-Identifier: LGPL-2.1-or-later
// A parser by precedence of C's operators, as far as formats of events use them.
#include "io/trace_cmd/expression.h"

#include <array>
#include <charconv>
#include <cstring>

namespace rcuscope::trace_cmd {
namespace {

using Kind = Expression::Kind;
using Result = std::optional<Expression>;

struct Operator {
  std::string_view text;
  char operation;
  int precedence;
};
/// Longer ones before their beginnings.
constexpr std::array<Operator, 10> operators = {{{"<<", 'l', 6},
                                                 {">>", 'r', 6},
                                                 {"==", '=', 5},
                                                 {"!=", '!', 5},
                                                 {"*", '*', 8},
                                                 {"+", '+', 7},
                                                 {"-", '-', 7},
                                                 {"&", '&', 4},
                                                 {"^", '^', 3},
                                                 {"|", '|', 2}}};
/// Of 64 bits: they change nothing.
constexpr std::array<std::string_view, 8> wide_types = {
    "long", "unsigned long", "u64", "s64", "unsigned long long", "long long", "void *", "__u64"};

std::optional<std::uint64_t> apply(char operation, std::uint64_t left, std::uint64_t right) {
  switch (operation) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '=':
      return left == right ? 1 : 0;
    case '!':
      return left != right ? 1 : 0;
    default:
      break;
  }
  if (right >= 64) return std::nullopt;
  return operation == 'l' ? left << right : left >> right;
}

class Parser {
 public:
  Parser(std::string_view rest, const EventFormat& format) : rest_(rest), format_(format) {}

  std::string_view rest() {
    skip();
    return rest_;
  }

  Result argument() {
    Result condition = operand();
    if (!condition) return std::nullopt;
    if (condition->kind == Kind::literal) return condition;
    condition = binary(std::move(*condition), 0);
    if (!condition || !take("?")) return condition;
    Result first = operand();
    if (!first || !take(":")) return std::nullopt;
    Result second = operand();
    if (!second) return std::nullopt;
    Expression choice;
    choice.kind = Kind::choice;
    choice.parts = {std::move(*condition), std::move(*first), std::move(*second)};
    return choice;
  }

 private:
  void skip() {
    const std::size_t first = rest_.find_first_not_of(" \t\n");
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
  }
  bool take(std::string_view token) {
    skip();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string_view take_word() {
    std::size_t size = 0;
    while (size < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[size])) != 0 || rest_[size] == '_')) {
      ++size;
    }
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  const Operator* next_operator() {
    skip();
    if (rest_.starts_with("&&") || rest_.starts_with("||")) return nullptr;
    for (const Operator& one : operators)
      if (rest_.starts_with(one.text)) return &one;
    return nullptr;
  }

  Result binary(Expression left, int precedence) {
    for (const Operator* next = next_operator(); next != nullptr && next->precedence > precedence;
         next = next_operator()) {
      rest_.remove_prefix(next->text.size());
      Result right = operand();
      if (right) right = binary(std::move(*right), next->precedence);
      if (!right || !is_number(left) || !is_number(*right)) return std::nullopt;
      if (left.kind == Kind::number && right->kind == Kind::number) {
        const auto value = apply(next->operation, left.value, right->value);
        if (!value) return std::nullopt;
        left.value = *value;
        continue;
      }
      Expression both;
      both.kind = Kind::binary;
      both.operation = next->operation;
      both.parts.push_back(std::move(left));
      both.parts.push_back(std::move(*right));
      left = std::move(both);
    }
    return left;
  }

  static bool is_number(const Expression& expression) {
    return expression.kind == Kind::number || expression.kind == Kind::field ||
           expression.kind == Kind::element || expression.kind == Kind::binary;
  }

  Result operand() {
    skip();
    if (rest_.starts_with('"')) {
      std::optional<std::string> text = parse_literal(rest_);
      if (!text) return std::nullopt;
      Expression literal;
      literal.kind = Kind::literal;
      literal.text = std::move(*text);
      return literal;
    }
    if (take("(")) return parenthesis();
    if (take("REC->")) return field();
    if (take("__get_str(")) return string();
    if (take("__print_symbolic(")) return named(Kind::symbolic);
    if (take("__print_flags(")) return named(Kind::flags);
    return number();
  }

  Result parenthesis() {
    for (const std::string_view type : wide_types) {
      const std::string_view before = rest_;
      if (take(type) && take(")")) return operand();
      rest_ = before;
    }
    Result inner = operand();
    if (inner) inner = binary(std::move(*inner), 0);
    if (!inner || !is_number(*inner) || !take(")")) return std::nullopt;
    return inner;
  }

  Result number() {
    std::string_view word = take_word();
    Expression number;
    const int base = word.starts_with("0x") ? 16 : 10;
    if (base == 16) word.remove_prefix(2);
    while (word.ends_with('U') || word.ends_with('L')) word.remove_suffix(1);
    if (base == 10 && word.size() > 1 && word.starts_with('0')) return std::nullopt;  // octal
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), number.value, base);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
  }

  Result field() {
    Expression expression;
    expression.field = format_.find(take_word());
    if (expression.field == nullptr || expression.field->is_dynamic) return std::nullopt;
    expression.kind = Kind::field;
    if (!take("[")) return expression;
    const Result index = number();
    const Field& array = *expression.field;
    if (!index || !take("]") || array.count == 0 || index->value >= array.count ||
        array.size % array.count != 0) {
      return std::nullopt;
    }
    expression.kind = Kind::element;
    expression.value = index->value;
    return expression;
  }

  Result string() {
    Expression expression;
    expression.kind = Kind::string;
    expression.field = format_.find(take_word());
    if (expression.field == nullptr || !expression.field->is_dynamic || !take(")"))
      return std::nullopt;
    return expression;
  }

  /// Behind the parenthesis: a number, the text between flags, and a name for each value.
  Result named(Kind kind) {
    Expression expression;
    expression.kind = kind;
    Result value = operand();
    if (value) value = binary(std::move(*value), 0);
    if (!value || !is_number(*value) || !take(",")) return std::nullopt;
    expression.parts.push_back(std::move(*value));
    if (kind == Kind::flags) {
      const Result between = operand();
      if (!between || between->kind != Kind::literal || !take(",")) return std::nullopt;
      expression.text = between->text;
    }
    do {
      if (!take("{")) return std::nullopt;
      skip();
      const Result key = number();
      if (!key || !take(",")) return std::nullopt;
      skip();
      std::optional<std::string> name = parse_literal(rest_);
      if (!name || !take("}")) return std::nullopt;
      // What the library makes of the flag 0 depends on the others.
      if (kind == Kind::flags && key->value == 0) return std::nullopt;
      expression.names.emplace_back(key->value, std::move(*name));
    } while (take(","));
    if (!take(")")) return std::nullopt;
    return expression;
  }

  std::string_view rest_;
  const EventFormat& format_;
};

std::optional<std::uint64_t> read(const Field& field, std::size_t offset, std::size_t size,
                                  std::string_view record) {
  if (field.is_dynamic || offset > record.size() || size > record.size() - offset)
    return std::nullopt;
  std::uint64_t value = 0;
  if (size != 1 && size != 2 && size != 4 && size != 8) return std::nullopt;
  std::memcpy(&value, record.data() + offset, size);
  return value;
}

}  // namespace

std::optional<std::string> parse_literal(std::string_view& rest) {
  if (!rest.starts_with('"')) return std::nullopt;
  std::string text;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    char c = rest[i];
    if (c == '"') {
      rest.remove_prefix(i + 1);
      return text;
    }
    if (c == '\\') {
      if (++i == rest.size()) break;
      c = rest[i];
      if (c == 'n') {
        c = '\n';
      } else if (c == 't') {
        c = '\t';
      } else if (c != '"' && c != '\\') {
        break;
      }
    }
    text += c;
  }
  return std::nullopt;
}

std::optional<Expression> parse_expression(std::string_view& rest, const EventFormat& format) {
  Parser parser(rest, format);
  Result expression = parser.argument();
  if (!expression) return std::nullopt;
  rest = parser.rest();
  if (!rest.empty() && !rest.starts_with(',')) return std::nullopt;
  return expression;
}

std::optional<std::uint64_t> evaluate(const Expression& expression, std::string_view record) {
  switch (expression.kind) {
    case Kind::number:
      return expression.value;
    case Kind::field:
      if (expression.field->count > 0) return std::nullopt;
      return read(*expression.field, expression.field->offset, expression.field->size, record);
    case Kind::element: {
      const std::size_t size = expression.field->size / expression.field->count;
      return read(*expression.field, expression.field->offset + expression.value * size, size,
                  record);
    }
    case Kind::binary: {
      const auto left = evaluate(expression.parts[0], record);
      const auto right = evaluate(expression.parts[1], record);
      if (!left || !right) return std::nullopt;
      return apply(expression.operation, *left, *right);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace rcuscope::trace_cmd
