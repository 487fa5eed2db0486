// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

/// @title Days and years of the city's clock
library Calendar {
    /// @notice Days since 1970-01-01 at a place `utcOffset` seconds east of Greenwich.
    function dayOf(uint256 timestamp, int256 utcOffset) internal pure returns (uint16) {
        // A city's block never lies before 1970, and 16 bits last until 2149.
        return uint16(uint256(int256(timestamp) + utcOffset) / 1 days);
    }

    /// @notice The calendar year of a day.
    /// @dev civil_from_days of https://howardhinnant.github.io/date_algorithms.html for days from 1970 on: a year
    /// begins on 1 March there, so that a leap day is its last.
    function yearOf(uint256 day) internal pure returns (uint16) {
        unchecked {
            uint256 z = day + 719_468;
            uint256 dayOfEra = z % 146_097;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 year = yearOfEra + (z / 146_097) * 400;
            // Days 306 and later are January and February of the next calendar year.
            return uint16(dayOfYear >= 306 ? year + 1 : year);
        }
    }
}
