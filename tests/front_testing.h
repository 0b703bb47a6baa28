// What tests of the front end have in common: a graph of their own, and errors as text.
#pragma once

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/scope.h"

namespace sessile {

// A test whose default graph is new and empty.
class FrontTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

// "INVALID_ARGUMENT: message" of the error that `fn` throws, "no error" if it throws none.
template <typename Fn>
std::string ErrorOf(const Fn& fn) {
  try {
    fn();
  } catch (const errors::OpError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace sessile
