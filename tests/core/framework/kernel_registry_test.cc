#include "sessile/core/framework/kernel_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sessile {
namespace {

using testing::HasSubstr;

template <typename T>
struct Plain : Prepared {
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext&) {
    return std::unique_ptr<Prepared>();
  }
};
absl::StatusOr<std::unique_ptr<Prepared>> PrepareAny(const PrepareContext&) {
  return std::unique_ptr<Prepared>();
}

AttrMap OfType(DataType type) {
  AttrMap attrs;
  attrs.Set("T", type);
  return attrs;
}

TEST(KernelRegistryTest, FindsByTypeAndAttribute) {
  KernelRegistry kernels;
  kernels.Add<Plain>("Op").For<TypeList<float, int32_t>>("T").When("format", "NHWC");
  AttrMap attrs = OfType(int32);
  EXPECT_FALSE(kernels.Find("Op", attrs, false).ok());
  attrs.Set("format", "NHWC");
  EXPECT_EQ(kernels.Find("Op", attrs, false).value()->prepare, &Plain<int32_t>::Prepare);
  attrs.Set("format", "NCHW");
  EXPECT_FALSE(kernels.Find("Op", attrs, false).ok());
}

TEST(KernelRegistryTest, PrefersYardstickKernelsInTheYardstickOnly) {
  KernelRegistry kernels;
  kernels.Add("Op", PrepareAny);
  kernels.Add<Plain>("Op").For<TypeList<double>>("T").YardstickOnly();
  const AttrMap attrs = OfType(float64);
  EXPECT_EQ(kernels.Find("Op", attrs, false).value()->prepare, &PrepareAny);
  EXPECT_EQ(kernels.Find("Op", attrs, true).value()->prepare, &Plain<double>::Prepare);
}

TEST(KernelRegistryTest, SaysWhatThereIsAndWhyTheRestIsLacking) {
  KernelRegistry kernels;
  kernels.Add<Plain>("Op").For<TypeList<float>>("T");
  kernels.Lacks("Op", "T", {complex64}, "complex arithmetic has no kernels");
  const absl::Status status = kernels.Find("Op", OfType(complex64), false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("No OpKernel was registered to support Op 'Op' with these attrs.  "
                        "Registered devices: [CPU], Registered kernels:\n"
                        "  device='CPU'; T in [DT_FLOAT]"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("complex arithmetic has no kernels"));
  EXPECT_THAT(std::string(kernels.Find("Other", {}, false).status().message()),
              HasSubstr("<no registered kernels>"));
  EXPECT_EQ(kernels.ReasonForLack("Op", "T", float32), "");
}

TEST(KernelRegistryTest, RefusesToChooseBetweenTwoKernels) {
  KernelRegistry kernels;
  kernels.Add<Plain>("Op").For<TypeList<float, double>>("T");
  kernels.Add<Plain>("Op").For<TypeList<double>>("T");
  EXPECT_TRUE(kernels.Find("Op", OfType(float32), false).ok());
  const absl::Status status = kernels.Find("Op", OfType(float64), false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("Multiple OpKernel registrations match NodeDef at the same priority"));
}

TEST(KernelRegistryTest, RefusesKernelsAfterTheFreeze) {
  KernelRegistry kernels;
  kernels.Freeze();
  kernels.Add("Op", PrepareAny).ValueInput(0);
  EXPECT_THAT(std::string(kernels.status().message()), HasSubstr("registered too late"));
  EXPECT_TRUE(kernels.List("Op").empty());
}

}  // namespace
}  // namespace sessile
