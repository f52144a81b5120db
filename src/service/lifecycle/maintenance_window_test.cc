#include "service/lifecycle/maintenance_window.h"

#include <gtest/gtest.h>

namespace sluice::service {
namespace {

constexpr int64_t At(int hour, int minute) { return int64_t{20'000} * 86'400'000 + (hour * 60 + minute) * 60'000; }

TEST(MaintenanceWindowTest, EightHours) {
  EXPECT_EQ(MaintenanceWindowEnd("03:00"), "11:00");
  EXPECT_FALSE(InMaintenanceWindow("03:00", At(2, 59)));
  EXPECT_TRUE(InMaintenanceWindow("03:00", At(3, 0)));
  EXPECT_TRUE(InMaintenanceWindow("03:00", At(10, 59)));
  EXPECT_FALSE(InMaintenanceWindow("03:00", At(11, 0)));
}

TEST(MaintenanceWindowTest, AcrossMidnight) {
  EXPECT_EQ(MaintenanceWindowEnd("20:30"), "04:30");
  EXPECT_FALSE(InMaintenanceWindow("20:30", At(20, 29)));
  EXPECT_TRUE(InMaintenanceWindow("20:30", At(23, 59)));
  EXPECT_TRUE(InMaintenanceWindow("20:30", At(4, 29)));
  EXPECT_FALSE(InMaintenanceWindow("20:30", At(4, 30)));
}

TEST(MaintenanceWindowTest, NoWindow) {
  for (const char* bad : {"", "24:00", "3:000", "ab:cd", "03-00"}) EXPECT_FALSE(InMaintenanceWindow(bad, At(3, 0)));
}

}  // namespace
}  // namespace sluice::service
