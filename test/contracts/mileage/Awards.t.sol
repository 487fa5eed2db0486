// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {ICredentialAnchor} from "../../../contracts/interfaces/ICredentialAnchor.sol";
import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract AwardsTest is MileageTest {
    uint16 private constant RECYCLING = 2;

    function create(uint16 id, uint64 budget, uint16 dayLimit, uint16 startDay, uint16 endDay) private {
        vm.prank(treasurer);
        mileage.createProgramme(id, operator, budget, 30, dayLimit, startDay, endDay);
    }

    function test_GivesPointsToManyAndAnchorsTheSingleAwards() public {
        uint256[] memory list = new uint256[](2);
        list[0] = entry(holderOf(MINJI), 300);
        list[1] = entry(holderOf(JUNHO), 65);
        bytes32 root = freshRoot();
        vm.expectEmit();
        emit IMileage.AwardsSettled(VOLUNTEERING, START, root, YEAR, 365, list);
        vm.prank(settler);
        mileage.settleAwards(VOLUNTEERING, START, root, 7, list);

        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 300);
        vm.assertEq(mileage.balanceOf(holderOf(JUNHO)), 65);
        vm.assertEq(mileage.totalSupply(), 365);
        vm.assertEq(mileage.outstandingOf(YEAR), 365);
        vm.assertEq(mileage.spentOf(VOLUNTEERING, 2), 365);
        (uint64 awarded,,,,) = mileage.totals();
        vm.assertEq(awarded, 365);
        vm.assertEq(anchors.anchorOf(root).leafCount, 7);
        vm.assertEq(anchors.anchorOf(root).time, block.timestamp);
    }

    function test_RefusesTheSameBatchASecondTime() public {
        bytes32 root = freshRoot();
        vm.startPrank(settler);
        mileage.settleAwards(VOLUNTEERING, START, root, 1, entries(holderOf(MINJI), 10));
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.RootAlreadyAnchored.selector, root));
        mileage.settleAwards(VOLUNTEERING, START, root, 1, entries(holderOf(MINJI), 10));
        vm.stopPrank();
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 10);
    }

    function test_RefusesAnEmptyBatchAndFewerAwardsThanHolders() public {
        expectSettleError(VOLUNTEERING, START, new uint256[](0), abi.encodeWithSelector(IMileage.EmptyBatch.selector));
        bytes32 root = freshRoot();
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(IMileage.LeafCountTooSmall.selector, 1, 2));
        mileage.settleAwards(VOLUNTEERING, START, root, 1, new uint256[](2));
    }

    function testFuzz_AnAwardIsOneToSixtyFiveThousand(uint96 amount) public {
        create(RECYCLING, type(uint64).max, type(uint16).max, START, START);
        uint256[] memory list = entries(holderOf(MINJI), amount);
        if (amount > 0 && amount <= type(uint16).max) {
            settle(RECYCLING, START, list);
            vm.assertEq(mileage.balanceOf(holderOf(MINJI)), amount);
        } else {
            expectSettleError(
                RECYCLING, START, list, abi.encodeWithSelector(IMileage.AmountOutOfRange.selector, 0)
            );
        }
    }

    function test_TheLargestAwardAndTheFirstTooLarge() public {
        create(RECYCLING, type(uint64).max, type(uint16).max, START, START);
        bytes memory refusal = abi.encodeWithSelector(IMileage.AmountOutOfRange.selector, 0);
        expectSettleError(RECYCLING, START, entries(holderOf(MINJI), 0), refusal);
        expectSettleError(RECYCLING, START, entries(holderOf(MINJI), 65_536), refusal);
        settle(RECYCLING, START, entries(holderOf(MINJI), 65_535));
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 65_535);
    }

    function test_NeverGoesOverTheDayLimitInOneBatchOrSeveral() public {
        award(MINJI, 600);
        award(MINJI, 400);
        expectSettleError(
            VOLUNTEERING,
            START,
            entries(holderOf(MINJI), 1),
            abi.encodeWithSelector(IMileage.DayLimitExceeded.selector, 0)
        );
        uint256[] memory twice = new uint256[](3);
        twice[0] = entry(holderOf(0xC), 1);
        twice[1] = entry(holderOf(JUNHO), 500);
        twice[2] = entry(holderOf(JUNHO), 501);
        expectSettleError(VOLUNTEERING, START, twice, abi.encodeWithSelector(IMileage.DayLimitExceeded.selector, 2));
        vm.warp(block.timestamp + 1 days);
        award(MINJI, 1000);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 2000);
    }

    function test_CountsFourProgrammesADayEachByItself() public {
        for (uint16 id = 2; id <= 5; ++id) {
            create(id, BUDGET, 100 * id, START, START + 9);
        }
        for (uint16 id = 5; id >= 2; --id) {
            settle(id, START, entries(holderOf(MINJI), 100 * uint256(id)));
        }
        for (uint16 id = 2; id <= 5; ++id) {
            expectSettleError(
                id,
                START,
                entries(holderOf(MINJI), 1),
                abi.encodeWithSelector(IMileage.DayLimitExceeded.selector, 0)
            );
        }
        expectSettleError(
            VOLUNTEERING,
            START,
            entries(holderOf(MINJI), 1),
            abi.encodeWithSelector(IMileage.TooManyProgrammes.selector, 0)
        );
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 1400);
        vm.warp(block.timestamp + 1 days);
        award(MINJI, 1);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 1401);
    }

    function test_ADayThatIsOverStaysOverForAHolder() public {
        vm.warp(block.timestamp + 2 days);
        settle(VOLUNTEERING, START + 1, entries(holderOf(MINJI), 5));
        settle(VOLUNTEERING, START + 2, entries(holderOf(MINJI), 5));
        expectSettleError(
            VOLUNTEERING,
            START + 1,
            entries(holderOf(MINJI), 5),
            abi.encodeWithSelector(IMileage.DayClosed.selector, 0)
        );
        settle(VOLUNTEERING, START + 1, entries(holderOf(JUNHO), 5));
    }

    function test_TakesTheLastThirtyDaysAndNoDayToCome() public {
        bytes memory tooOld = abi.encodeWithSelector(IMileage.DayOutOfRange.selector, START - 31, START);
        bytes memory tooEarly = abi.encodeWithSelector(IMileage.DayOutOfRange.selector, START + 1, START);
        expectSettleError(VOLUNTEERING, START - 31, entries(holderOf(MINJI), 1), tooOld);
        expectSettleError(VOLUNTEERING, START + 1, entries(holderOf(MINJI), 1), tooEarly);
        settle(VOLUNTEERING, START - 30, entries(holderOf(MINJI), 1));
        settle(VOLUNTEERING, START, entries(holderOf(MINJI), 1));
        // 23:59:59 in Seoul is the same day, one second later the next.
        vm.warp((uint256(START) + 1) * 1 days - 9 hours - 1);
        expectSettleError(VOLUNTEERING, START + 1, entries(holderOf(MINJI), 1), tooEarly);
        vm.warp(block.timestamp + 1);
        settle(VOLUNTEERING, START + 1, entries(holderOf(MINJI), 1));
    }

    function test_GivesOnlyFromTheFirstDayOfAProgrammeToItsLast() public {
        create(RECYCLING, BUDGET, 10, START - 1, START + 1);
        bytes memory before = abi.encodeWithSelector(IMileage.DayOutsideProgramme.selector, RECYCLING, START - 2);
        bytes memory afterwards = abi.encodeWithSelector(IMileage.DayOutsideProgramme.selector, RECYCLING, START + 2);
        vm.warp(block.timestamp + 2 days);
        expectSettleError(RECYCLING, START - 2, entries(holderOf(MINJI), 1), before);
        settle(RECYCLING, START - 1, entries(holderOf(MINJI), 1));
        settle(RECYCLING, START + 1, entries(holderOf(MINJI), 1));
        expectSettleError(RECYCLING, START + 2, entries(holderOf(MINJI), 1), afterwards);
    }

    function test_NeverGoesOverTheBudgetOfAPeriod() public {
        create(RECYCLING, 150, 100, START, START + 89);
        settle(RECYCLING, START, entries(holderOf(MINJI), 100));
        settle(RECYCLING, START, entries(holderOf(JUNHO), 50));
        expectSettleError(
            RECYCLING,
            START,
            entries(holderOf(JUNHO), 1),
            abi.encodeWithSelector(IMileage.BudgetExceeded.selector, RECYCLING, 0, 151, 150)
        );
        vm.warp(block.timestamp + 30 days);
        settle(RECYCLING, START + 30, entries(holderOf(MINJI), 100));
        vm.assertEq(mileage.spentOf(RECYCLING, 0), 150);
        vm.assertEq(mileage.spentOf(RECYCLING, 1), 100);
        // A late batch counts against the period of its day.
        expectSettleError(
            RECYCLING,
            START + 29,
            entries(holderOf(0xC), 1),
            abi.encodeWithSelector(IMileage.BudgetExceeded.selector, RECYCLING, 0, 151, 150)
        );
    }

    function test_AnUnknownOrStoppedProgrammeGivesNothing() public {
        expectSettleError(
            9, START, entries(holderOf(MINJI), 1), abi.encodeWithSelector(IMileage.ProgrammeUnknown.selector, 9)
        );
        vm.prank(operator);
        mileage.stopProgramme(VOLUNTEERING);
        expectSettleError(
            VOLUNTEERING,
            START,
            entries(holderOf(MINJI), 1),
            abi.encodeWithSelector(IMileage.ProgrammeNotRunning.selector, VOLUNTEERING)
        );
        vm.prank(operator);
        mileage.resumeProgramme(VOLUNTEERING);
        award(MINJI, 1);
    }

    function test_PointsAreGoodThroughTheEndOfTheNextYear() public {
        award(MINJI, 100);
        vm.warp(NEW_YEAR_2028 - 1);
        award(MINJI, 20);
        (uint256 current, uint256 previous) = buckets(holderOf(MINJI));
        vm.assertEq(current, 120);
        vm.assertEq(previous, 0);

        vm.warp(NEW_YEAR_2028);
        (current, previous) = buckets(holderOf(MINJI));
        vm.assertEq(current, 0);
        vm.assertEq(previous, 120);
        award(MINJI, 3);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 123);

        vm.warp(NEW_YEAR_2029 - 1);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 123);
        vm.assertEq(mileage.totalSupply(), 123);
        vm.assertEq(mileage.expired(), 0);

        vm.warp(NEW_YEAR_2029);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 3);
        vm.assertEq(mileage.totalSupply(), 3);
        vm.assertEq(mileage.expired(), 120);
        award(MINJI, 7);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 10);
        vm.assertEq(mileage.totalSupply(), 10);

        vm.warp(NEW_YEAR_2029 + 3 * 366 days);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 0);
        vm.assertEq(mileage.totalSupply(), 0);
        vm.assertEq(mileage.expired(), 130);
    }

    function test_AnAwardOfLastYearsDayIsOfTheYearInWhichItSettles() public {
        vm.warp(NEW_YEAR_2028 + 1 hours);
        settle(VOLUNTEERING, today() - 1, entries(holderOf(MINJI), 9));
        (uint16 epoch, uint40 current, uint40 previous) = mileage.bucketsOf(holderOf(MINJI));
        vm.assertEq(epoch, 2028);
        vm.assertEq(current, 9);
        vm.assertEq(previous, 0);
    }
}
