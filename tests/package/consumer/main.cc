// Builds, runs and writes a graph of Sessile's beside a message tensorflow.GraphDef of somebody
// else's. Exits with 0 if both are right.
#include <cstdio>
#include <string>

#include "sessile/sessile.h"
#include "tensorflow/graph.pb.h"

namespace tf = sessile;

bool ForeignMessageWorks() {
  tensorflow::GraphDef theirs;
  theirs.set_title("theirs");
  theirs.add_sizes(3);
  tensorflow::GraphDef read;
  return read.ParseFromString(theirs.SerializeAsString()) && read.title() == "theirs" &&
         read.sizes(0) == 3 && read.GetDescriptor()->field_count() == 2;
}

bool GraphWorks() {
  const tf::Output x = tf::placeholder(tf::float32, {tf::None}, "x");
  const tf::Output sum = tf::reduce_sum(tf::square(x));
  tf::Session sess;
  const tf::GraphDef written = tf::get_default_graph().as_graph_def();
  return sess.run<float>(sum, {{x, {1.0, 2.0, 3.0}}}) == 14.0F &&
         written.SerializeToString()->find("Placeholder") != std::string::npos;
}

bool ErrorsAreCaught() {
  try {
    tf::matmul(tf::zeros({2, 3}), tf::zeros({2, 3}));
  } catch (const tf::errors::InvalidArgumentError&) {
    return true;
  }
  return false;
}

int main() {
  const bool foreign = ForeignMessageWorks();
  const bool graph = GraphWorks();
  const bool errors = ErrorsAreCaught();
  std::printf("Sessile %s: foreign message %s, graph %s, errors %s\n", tf::version(),
              foreign ? "right" : "wrong", graph ? "right" : "wrong", errors ? "right" : "wrong");
  return foreign && graph && errors ? 0 : 1;
}
