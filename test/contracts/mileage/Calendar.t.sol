// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {Calendar} from "../../../contracts/mileage/Calendar.sol";
import {Test} from "../Test.sol";

contract CalendarTest is Test {
    /// @dev Counts the years off one by one, by the rule of the Gregorian calendar.
    function yearCounted(uint256 day) private pure returns (uint256 year) {
        year = 1970;
        while (true) {
            uint256 length = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
            if (day < length) return year;
            day -= length;
            ++year;
        }
    }

    function testFuzz_AYearBeginsOnItsFirstOfJanuary(uint16 day) public pure {
        vm.assertEq(Calendar.yearOf(day), yearCounted(day));
    }

    function test_EveryNewYearFrom1971To2149() public pure {
        uint256 day = 0;
        for (uint256 year = 1970; year < 2149; ++year) {
            vm.assertEq(Calendar.yearOf(day), year);
            day += year % 4 == 0 && year != 2100 ? 366 : 365;
            vm.assertEq(Calendar.yearOf(day - 1), year);
        }
    }

    function testFuzz_ADayBeginsAtTheCitysMidnight(uint16 day, uint32 second, int32 offset) public pure {
        offset = int32(int256(bound(uint256(int256(offset) + 2 ** 31), 0, 26 hours)) - 12 hours);
        vm.assume(day > 1);
        uint256 timestamp = uint256(int256(uint256(day) * 1 days) - offset) + second % 1 days;
        vm.assertEq(Calendar.dayOf(timestamp, offset), day);
    }
}
