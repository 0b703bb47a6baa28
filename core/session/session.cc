#include "sessile/core/session/session.h"

#include <algorithm>
#include <mutex>

#include "absl/strings/numbers.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session_impl.h"

namespace sessile {
namespace {

thread_local std::vector<std::shared_ptr<SessionImpl>> t_default_sessions;

// As Python shows it: Tensor("x:0", shape=(?, 10), dtype=float32).
std::string Describe(const Output& output) {
  return absl::StrCat("Tensor(\"", output.name(), "\", shape=", output.get_shape().ToPythonString(),
                      ", dtype=", PythonName(output.dtype()), ")");
}

absl::Status NotFetchable(std::string_view what, std::string_view kind, std::string_view why) {
  return InvalidArgument("Fetch argument ", absl::string_view(what.data(), what.size()),
                         " cannot be interpreted as a ",
                         absl::string_view(kind.data(), kind.size()), ". (",
                         absl::string_view(why.data(), why.size()), ")");
}

absl::Status CheckFeedShape(const Node& node, int index, const Shape& fed) {
  const Shape& shape = node.output_shape(index);
  if (Shape::Compatible(shape, fed)) return absl::OkStatus();
  return InvalidArgument("Cannot feed value of shape ", fed.ToPythonString(), " for Tensor '",
                         node.name(), ":", index, "', which has shape '", shape.ToPythonString(),
                         "'", NodeSuffix(node));
}

// The tensor that feeds `place`.
absl::StatusOr<Tensor> FedTensor(const GraphImpl& graph, Endpoint place, const FeedValue& from) {
  const Node& node = graph.node(place.node);
  const DataType dtype = BaseType(node.output_types()[static_cast<size_t>(place.index)]);
  absl::StatusOr<Tensor> value = from.ToTensor(dtype);
  if (!value.ok()) {
    return WithSuffix(value.status(),
                      absl::StrCat(" (It is fed to Tensor '", EndpointName(graph, place), "'.)",
                                   NodeSuffix(node)));
  }
  SESSILE_RETURN_IF_ERROR(CheckFeedShape(node, place.index, value->shape()));
  return value;
}

// Runs, and puts one value for each fetch into `results`: an empty one where it is no tensor.
absl::Status RunFor(SessionImpl* session, const RunRequest& request, std::span<const Tensor> feeds,
                    const std::vector<bool>& is_tensor, std::span<Tensor> results,
                    ProgramSlot* slot = nullptr) {
  RunTensors values;
  for (size_t i = 0; i < is_tensor.size(); ++i) {
    if (is_tensor[i]) values.push_back(std::move(results[i]));
    results[i] = Tensor();
  }
  const absl::Status status = session->Run(request, feeds, {values.data(), values.size()}, slot);
  size_t next = 0;
  for (size_t i = 0; i < is_tensor.size(); ++i) {
    if (is_tensor[i]) results[i] = std::move(values[next++]);
  }
  return status;
}

absl::Status NoSession() { return FailedPrecondition("Attempted to use a closed Session."); }

// The default session, for eval (`what` a tensor) and run (an operation) on `graph`.
Session DefaultSessionFor(const std::shared_ptr<GraphImpl>& graph, const char* verb,
                          const char* what, const char* call) {
  Session session = get_default_session();
  if (!session.has_value()) {
    errors::ThrowIfError(InvalidArgument(
        "Cannot ", verb, " ", what, " using `", call,
        "()`: No default session is registered. Use `auto with = sess.as_default()` or pass it to "
        "`sess.run`"));
  }
  if (session.impl()->graph() != graph) {
    errors::ThrowIfError(InvalidArgument("Cannot use the default session to ", verb, " ", what,
                                         ": the ", what,
                                         "'s graph is different from the session's graph. Pass it "
                                         "to `run` of a session of its graph"));
  }
  return session;
}

}  // namespace

Session::Session() : Session(get_default_graph()) {}
Session::Session(const ConfigProto& config) : Session(get_default_graph(), config) {}
Session::Session(const Graph& graph, const ConfigProto& config)
    : impl_((errors::ThrowIfError(CheckConfig(config)),
             std::make_shared<SessionImpl>(graph.impl(), config))) {}

Session::Session(std::string_view target, const Graph& graph, const ConfigProto& config)
    : Session(graph, config) {
  if (target.empty() || target == "local") return;
  errors::ThrowIfError(NotFound("No session factory registered for the given session options: ",
                                "{target: \"", std::string(target), "\"}"));
}

Session::~Session() {
  if (impl_ != nullptr && owner_) impl_->Close();
}

Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  if (impl_ != nullptr && owner_) impl_->Close();
  impl_ = std::move(other.impl_);
  owner_ = other.owner_;
  return *this;
}

Tensor Session::run(const Fetch& fetch, const FeedDict& feeds, const RunOptions& options) {
  return RunOrThrow({fetch}, feeds, options)[0];
}

std::vector<Tensor> Session::run(std::initializer_list<Fetch> fetches, const FeedDict& feeds,
                                 const RunOptions& options) {
  return RunOrThrow(fetches, feeds, options);
}

std::vector<Tensor> Session::RunOrThrow(const std::vector<Fetch>& fetches, const FeedDict& feeds,
                                        const RunOptions& options) {
  return errors::ValueOrThrow(Run(fetches, feeds, options));
}

std::string Session::explain(const std::vector<Fetch>& fetches, const FeedDict& feeds) {
  std::vector<bool> is_tensor;
  std::vector<Tensor> fed;
  const RunRequest request = errors::ValueOrThrow(Resolve(fetches, feeds, &is_tensor, &fed));
  return errors::ValueOrThrow(impl_->Explain(request, fed));
}

absl::StatusOr<RunRequest> Session::Resolve(const std::vector<Fetch>& fetches,
                                            std::vector<bool>* is_tensor) const {
  if (impl_ == nullptr || impl_->closed()) return NoSession();
  SESSILE_RETURN_IF_ERROR(impl_->graph()->CheckUsable());
  RunRequest request;
  for (const Fetch& fetch : fetches) {
    const size_t tensors = request.key.fetches.size();
    SESSILE_RETURN_IF_ERROR(ResolveFetch(fetch, &request.key.fetches, &request.key.targets));
    is_tensor->push_back(request.key.fetches.size() > tensors);
  }
  return request;
}

absl::StatusOr<RunRequest> Session::Resolve(const std::vector<Fetch>& fetches,
                                            const FeedDict& feeds, std::vector<bool>* is_tensor,
                                            std::vector<Tensor>* fed) const {
  if (impl_ == nullptr || impl_->closed()) return NoSession();
  SESSILE_RETURN_IF_ERROR(impl_->graph()->CheckUsable());
  std::vector<Endpoint> places;
  for (const Feed& feed : feeds.items) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint place, ResolveFeed(feed.key));
    SESSILE_ASSIGN_OR_RETURN(Tensor value, FedTensor(*impl_->graph(), place, feed.value));
    places.push_back(place);
    fed->push_back(std::move(value));
  }
  SESSILE_ASSIGN_OR_RETURN(RunRequest request, Resolve(fetches, is_tensor));
  request.key.feeds = std::move(places);
  return request;
}

absl::StatusOr<std::vector<Tensor>> Session::Run(const std::vector<Fetch>& fetches,
                                                 const FeedDict& feeds, const RunOptions& options) {
  std::vector<bool> is_tensor;
  std::vector<Tensor> fed;
  SESSILE_ASSIGN_OR_RETURN(RunRequest request, Resolve(fetches, feeds, &is_tensor, &fed));
  request.options = options;
  if (fetches.empty() && impl_->graph()->num_nodes() > 0) return std::vector<Tensor>();
  std::vector<Tensor> results(fetches.size());
  SESSILE_RETURN_IF_ERROR(RunFor(impl_.get(), request, fed, is_tensor, results));
  return results;
}

struct Callable::State {
  std::shared_ptr<SessionImpl> session;
  RunRequest request;
  std::vector<bool> is_tensor;
  mutable ProgramSlot program;
};

Callable Session::make_callable(const std::vector<Fetch>& fetches,
                                const std::vector<FeedKey>& feed_list) {
  auto state = std::make_shared<Callable::State>();
  state->session = impl_;
  state->request = errors::ValueOrThrow(Resolve(fetches, &state->is_tensor));
  for (const FeedKey& key : feed_list) {
    state->request.key.feeds.push_back(errors::ValueOrThrow(ResolveFeed(key)));
  }
  return Callable(std::move(state));
}

absl::Status Callable::RunInto(std::span<const FeedValue> values, std::span<Tensor> results) const {
  const ProgramKey& key = state_->request.key;
  if (values.size() != key.feeds.size()) {
    return InvalidArgument("The callable takes ", key.feeds.size(), " values, got ", values.size());
  }
  if (results.size() != state_->is_tensor.size()) {
    return InvalidArgument("The callable gives ", state_->is_tensor.size(),
                           " results, got room for ", results.size());
  }
  RunTensors feeds;
  for (size_t i = 0; i < values.size(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(Tensor value,
                             FedTensor(*state_->session->graph(), key.feeds[i], values[i]));
    feeds.push_back(std::move(value));
  }
  if (results.empty()) return state_->session->closed() ? NoSession() : absl::OkStatus();
  return RunFor(state_->session.get(), state_->request, feeds, state_->is_tensor, results,
                &state_->program);
}

absl::StatusOr<std::vector<Tensor>> Callable::Run(std::span<const FeedValue> values) const {
  std::vector<Tensor> results(state_->is_tensor.size());
  SESSILE_RETURN_IF_ERROR(RunInto(values, results));
  return results;
}

std::vector<Tensor> Callable::RunOrThrow(std::span<const FeedValue> values) const {
  return errors::ValueOrThrow(Run(values));
}

void Callable::RunIntoOrThrow(std::span<const FeedValue> values, std::span<Tensor> results) const {
  errors::ThrowIfError(RunInto(values, results));
}

absl::StatusOr<Endpoint> Session::ResolveName(const std::string& name) const {
  const size_t colon = name.rfind(':');
  int index = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(name.substr(colon + 1), &index) ||
      index < 0) {
    return InvalidArgument("The name '", name,
                           "' looks like an (invalid) Tensor name. Tensor names must be of the "
                           "form \"<op_name>:<output_index>\".");
  }
  const std::string op = name.substr(0, colon);
  const Node* const node = impl_->graph()->FindNode(op);
  if (node == nullptr) {
    return InvalidArgument("The name '", name,
                           "' refers to a Tensor which does not exist. The operation, '", op,
                           "', does not exist in the graph.");
  }
  if (index >= node->num_outputs()) {
    return InvalidArgument("The name '", name,
                           "' refers to a Tensor which does not exist. The operation, '", op,
                           "', exists but only has ", node->num_outputs(), " outputs.");
  }
  return Endpoint{node->id(), index};
}

absl::StatusOr<Endpoint> Session::ResolveFeed(const FeedKey& key) const {
  constexpr char kWhy[] = "Cannot interpret feed_dict key as Tensor: ";
  if (!key.name().empty()) {
    absl::StatusOr<Endpoint> place = ResolveName(key.name());
    if (!place.ok()) return InvalidArgument(kWhy, place.status().message());
    return place;
  }
  const Output& output = key.output();
  if (!output.has_value()) return InvalidArgument(kWhy, "it is an empty tf::Output");
  if (output.graph_impl() != impl_->graph()) {
    return InvalidArgument(kWhy, "Tensor ", Describe(output), " is not an element of this graph.");
  }
  return output.endpoint();
}

absl::Status Session::ResolveFetch(const Fetch& fetch, std::vector<Endpoint>* tensors,
                                   std::vector<int>* operations) const {
  if (fetch.kind_ == Fetch::Kind::kName) return ResolveFetchName(fetch.name_, tensors, operations);
  if (fetch.kind_ == Fetch::Kind::kOperation) {
    if (!fetch.op_.has_value()) {
      return NotFetchable("None", "Operation", "it is an empty tf::Operation");
    }
    if (fetch.op_.graph_impl() != impl_->graph()) {
      const std::string name = absl::StrCat("'", fetch.op_.name(), "'");
      return NotFetchable(name, "Operation",
                          absl::StrCat("Operation ", name, " is not an element of this graph."));
    }
    operations->push_back(fetch.op_.node().id());
    return absl::OkStatus();
  }
  if (!fetch.output_.has_value()) {
    return NotFetchable("None", "Tensor",
                        "it is an empty tf::Output, as tf::gradients returns where no gradient "
                        "flows and merge_all() where there is nothing to merge");
  }
  if (fetch.output_.graph_impl() != impl_->graph()) {
    const std::string tensor = Describe(fetch.output_);
    return NotFetchable(tensor, "Tensor",
                        absl::StrCat("Tensor ", tensor, " is not an element of this graph."));
  }
  tensors->push_back(fetch.output_.endpoint());
  return absl::OkStatus();
}

absl::Status Session::ResolveFetchName(const std::string& name, std::vector<Endpoint>* tensors,
                                       std::vector<int>* operations) const {
  if (name.find(':') != std::string::npos) {
    const absl::StatusOr<Endpoint> tensor = ResolveName(name);
    if (!tensor.ok()) return NotFetchable(name, "Tensor", std::string(tensor.status().message()));
    tensors->push_back(*tensor);
    return absl::OkStatus();
  }
  const Node* const node = impl_->graph()->FindNode(name);
  if (node == nullptr) {
    return NotFetchable(
        name, "Tensor",
        absl::StrCat("The name '", name, "' refers to an Operation not in the graph."));
  }
  operations->push_back(node->id());
  return absl::OkStatus();
}

void Session::close() {
  if (impl_ != nullptr) impl_->Close();
}

Graph Session::graph() const {
  if (impl_ == nullptr) errors::ThrowIfError(NoSession());
  return Graph(impl_->graph());
}

GraphDef Session::graph_def() const { return graph().as_graph_def(); }

DefaultSessionScope Session::as_default() const {
  if (impl_ == nullptr) errors::ThrowIfError(NoSession());
  return DefaultSessionScope(impl_);
}

DefaultSessionScope::DefaultSessionScope(std::shared_ptr<SessionImpl> session)
    : session_(std::move(session)) {
  t_default_sessions.push_back(session_);
}

DefaultSessionScope::~DefaultSessionScope() {
  if (!t_default_sessions.empty() && t_default_sessions.back() == session_) {
    t_default_sessions.pop_back();
    return;
  }
  BuildScope::Of(*session_->graph()).broken = Internal(
      "A default session was taken away out of order: scopes must end in the reverse "
      "order of their beginning, in the thread that began them");
  const auto place = std::find(t_default_sessions.rbegin(), t_default_sessions.rend(), session_);
  if (place != t_default_sessions.rend()) t_default_sessions.erase(std::next(place).base());
}

Session get_default_session() {
  if (t_default_sessions.empty()) return Session(nullptr, false);
  return Session(t_default_sessions.back(), false);
}

Tensor Output::eval() const { return eval(FeedDict()); }
Tensor Output::eval(const FeedDict& feeds) const {
  op_.node();  // throws if empty
  return DefaultSessionFor(graph_impl(), "evaluate", "tensor", "eval").run(*this, feeds);
}

void Operation::run() const { run(FeedDict()); }
void Operation::run(const FeedDict& feeds) const {
  node();  // throws if empty
  DefaultSessionFor(graph_impl(), "execute", "operation", "run").run(*this, feeds);
}

}  // namespace sessile
