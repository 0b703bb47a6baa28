// What tests of the front end have in common: a graph of their own, and errors as text.
#pragma once

#include "gtest/gtest.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/scope.h"
#include "sessile/tests/error_of.h"

namespace sessile {

// A test whose default graph is new and empty.
class FrontTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

}  // namespace sessile
