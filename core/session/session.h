// The session, as user programs see it: it runs a graph and keeps the values of its variables.
//
//   tf::Session sess;                                          // of the default graph
//   sess.run(tf::global_variables_initializer());
//   sess.run(train_op, {{inputs, batch_xs}, {labels, batch_ys}});
//   auto [loss, acc] = sess.run<float, float>({model_loss, accuracy}, {{inputs, images}, ...});
//
// Any number of threads may call run at the same time. A Session closes when it is destroyed:
// running calls are cancelled and waited for. The functions in snake_case throw errors::XError;
// Run returns a status instead.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/session/callable.h"
#include "sessile/core/session/feed.h"
#include "sessile/core/session/session_options.h"

namespace sessile {

class SessionImpl;
struct RunRequest;

// What a run gives back: the value of a tensor or of a variable, or nothing, of an operation that
// it runs. Names are "x:0" for a tensor and "x" for an operation.
class Fetch {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  Fetch(const Operation& op) : op_(op), kind_(Kind::kOperation) {}
  template <typename V>
  requires std::convertible_to<const V&, Output> Fetch(const V& tensor)
      : output_(EndpointOf(tensor)), kind_(Kind::kOutput) {}
  Fetch(const char* name) : name_(name), kind_(Kind::kName) {}
  Fetch(std::string name) : name_(std::move(name)), kind_(Kind::kName) {}
  // NOLINTEND(google-explicit-constructor)

 private:
  friend class Session;
  enum class Kind { kOperation, kOutput, kName };
  Operation op_;
  Output output_;
  std::string name_;
  Kind kind_;
};

class DefaultSessionScope;

class Session {
 public:
  // Of the default graph.
  Session();
  explicit Session(const ConfigProto& config);
  explicit Session(const Graph& graph, const ConfigProto& config = {});
  // As Python writes it. `target` is "" or "local": there are no other machines.
  Session(std::string_view target, const Graph& graph, const ConfigProto& config = {});
  ~Session();
  Session(Session&& other) noexcept = default;
  Session& operator=(Session&& other) noexcept;

  // Runs an operation.
  template <std::same_as<Operation> O>
  void run(const O& op, const FeedDict& feeds = {}, const RunOptions& options = {}) {
    RunOrThrow({op}, feeds, options);
  }
  // The value of a tensor or variable; an empty Tensor for the name of an operation.
  Tensor run(const Fetch& fetch, const FeedDict& feeds = {}, const RunOptions& options = {});
  // The values of several, each computed at most once; operations give empty Tensors.
  std::vector<Tensor> run(std::initializer_list<Fetch> fetches, const FeedDict& feeds = {},
                          const RunOptions& options = {});
  template <typename F>
  std::vector<Tensor> run(const std::vector<F>& fetches, const FeedDict& feeds = {},
                          const RunOptions& options = {}) {
    return RunOrThrow(std::vector<Fetch>(fetches.begin(), fetches.end()), feeds, options);
  }
  // The value as a C++ type: a number, bool or std::string for a tensor of one element, a
  // std::vector of these for the elements of any tensor in row-major order, or Tensor. The type
  // must be the tensor's.
  template <typename T>
  T run(const Fetch& fetch, const FeedDict& feeds = {}, const RunOptions& options = {}) {
    return As<T>(run(fetch, feeds, options));
  }
  // The same for exactly as many fetches as types.
  template <typename A, typename B, typename... T>
  std::tuple<A, B, T...> run(const Fetch (&fetches)[2 + sizeof...(T)], const FeedDict& feeds = {},
                             const RunOptions& options = {}) {
    const std::vector<Tensor> values =
        RunOrThrow({std::begin(fetches), std::end(fetches)}, feeds, options);
    return AsTuple<A, B, T...>(values, std::index_sequence_for<A, B, T...>());
  }

  // As run, without exceptions.
  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<Fetch>& fetches,
                                          const FeedDict& feeds = {},
                                          const RunOptions& options = {});

  // A run of these fetches that takes the values of `feed_list` as arguments.
  Callable make_callable(const std::vector<Fetch>& fetches,
                         const std::vector<FeedKey>& feed_list = {});

  // What a run of these would do, for people to read: its kernels in their order, which nodes each
  // stands for, and where its results lie. The plan depends on the shapes of what is fed and of
  // what the variables hold now. Errors are run's for the fetches' and feeds' names and shapes; of
  // what only a run finds out (a placeholder that is not fed) it says that no plan can be made.
  std::string explain(const std::vector<Fetch>& fetches, const FeedDict& feeds = {});

  // Cancels running calls, waits for them, and refuses new ones. May be called again.
  void close();
  Graph graph() const;
  GraphDef graph_def() const;
  // Makes this the default session of the calling thread until the scope object dies.
  [[nodiscard]] DefaultSessionScope as_default() const;
  // False for one that was moved from and for get_default_session() where there is none.
  bool has_value() const { return impl_ != nullptr; }

  const std::shared_ptr<SessionImpl>& impl() const { return impl_; }

 private:
  friend Session get_default_session();
  Session(std::shared_ptr<SessionImpl> impl, bool owner) : impl_(std::move(impl)), owner_(owner) {}

  // Fetches and targets of a request; one value of `is_tensor` for each fetch.
  absl::StatusOr<RunRequest> Resolve(const std::vector<Fetch>& fetches,
                                     std::vector<bool>* is_tensor) const;
  // The feeds' values go into *fed.
  absl::StatusOr<RunRequest> Resolve(const std::vector<Fetch>& fetches, const FeedDict& feeds,
                                     std::vector<bool>* is_tensor, std::vector<Tensor>* fed) const;
  std::vector<Tensor> RunOrThrow(const std::vector<Fetch>& fetches, const FeedDict& feeds,
                                 const RunOptions& options);
  absl::StatusOr<Endpoint> ResolveName(const std::string& name) const;
  absl::StatusOr<Endpoint> ResolveFeed(const FeedKey& key) const;
  absl::Status ResolveFetch(const Fetch& fetch, std::vector<Endpoint>* tensors,
                            std::vector<int>* operations) const;
  absl::Status ResolveFetchName(const std::string& name, std::vector<Endpoint>* tensors,
                                std::vector<int>* operations) const;

  template <typename T>
  static T As(const Tensor& tensor) {
    if constexpr (std::is_same_v<T, Tensor>) {
      return tensor;
    } else if constexpr (requires { typename T::value_type; } && !std::is_same_v<T, std::string>) {
      const auto elements = tensor.flat<typename T::value_type>();
      return T(elements.begin(), elements.end());
    } else {
      return tensor.scalar<T>();
    }
  }

  template <typename... T, size_t... i>
  static std::tuple<T...> AsTuple(const std::vector<Tensor>& values, std::index_sequence<i...>) {
    return {As<T>(values[i])...};
  }

  std::shared_ptr<SessionImpl> impl_;
  bool owner_ = true;
};

// Makes a session the default one of this thread. Scopes must die in the reverse order of their
// making: one that does not is recorded, and the next builder or run on that graph throws.
class [[nodiscard]] DefaultSessionScope {
 public:
  explicit DefaultSessionScope(std::shared_ptr<SessionImpl> session);
  ~DefaultSessionScope();
  DefaultSessionScope(const DefaultSessionScope&) = delete;
  DefaultSessionScope& operator=(const DefaultSessionScope&) = delete;

 private:
  std::shared_ptr<SessionImpl> session_;
};

// The innermost default session of this thread, which stays open when the handle dies;
// has_value() is false if there is none.
Session get_default_session();

// A session that is the default one as long as it lives, for tensor.eval() and op.run().
class InteractiveSession : public Session {
 public:
  InteractiveSession() : InteractiveSession(ConfigProto()) {}
  explicit InteractiveSession(const ConfigProto& config) : Session(config), scope_(impl()) {}
  explicit InteractiveSession(const Graph& graph, const ConfigProto& config = {})
      : Session(graph, config), scope_(impl()) {}

 private:
  DefaultSessionScope scope_;
};

}  // namespace sessile
