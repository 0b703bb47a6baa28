#include "sessile/core/framework/data_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sessile {
namespace {

TEST(DataFormatTest, KnowsWhereChannelsAre) {
  const DataFormat last = DataFormat::Of({}).value();
  EXPECT_EQ(last.ChannelDim(4), 3);
  EXPECT_EQ(last.SpatialDim(0), 1);
  const DataFormat second = DataFormat::Parse("NCHW").value();
  EXPECT_EQ(second.ChannelDim(4), 1);
  EXPECT_EQ(second.SpatialDim(1), 3);
  EXPECT_EQ(second.MinRank(), 3);
  EXPECT_FALSE(second == last);
  EXPECT_EQ(DataFormat::Parse("HWCN").status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace sessile
