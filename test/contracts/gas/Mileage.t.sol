// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "../mileage/MileageTest.sol";

/// @notice As Gas.t.sol, for batches of a hundred. What a transaction costs as a whole, with its base and calldata, is
/// measured in packages/chain/src/mileage.test.ts.
contract MileageGasTest is MileageTest {
    uint256 private constant HUNDRED = 100;

    function hundred(uint256 from) private pure returns (uint256[] memory list) {
        list = new uint256[](HUNDRED);
        for (uint256 i = 0; i < HUNDRED; ++i) {
            list[i] = entry(address(uint160(uint256(keccak256(abi.encode(from + i))))), 100);
        }
    }

    function settleHundred(uint256[] memory list, string memory name) private {
        bytes32 root = freshRoot();
        vm.prank(settler);
        mileage.settleAwards(VOLUNTEERING, START, root, uint32(HUNDRED), list);
        vm.snapshotGasLastCall("Mileage", name);
    }

    function test_AwardToNewHolders() public {
        settleHundred(hundred(0), "settleAwards, 100 new holders");
    }

    function test_AwardToHoldersWithPoints() public {
        settle(VOLUNTEERING, START, hundred(0));
        settleHundred(hundred(0), "settleAwards, 100 holders again");
    }

    function test_Redeem() public {
        award(MINJI, 500);
        IMileage.Redemption memory first = payment(MINJI, BAKERY, 1, 1);
        IMileage.Redemption[] memory list = new IMileage.Redemption[](10);
        for (uint32 i = 0; i < 10; ++i) {
            list[i] = payment(MINJI, BAKERY, 5, i + 2);
        }
        pay(first);
        vm.snapshotGasLastCall("Mileage", "redeem, one payment");
        pay(list);
        vm.snapshotGasLastCall("Mileage", "redeem, 10 payments");
    }

    function test_Refund() public {
        award(MINJI, 500);
        IMileage.Redemption memory paid = payment(MINJI, BAKERY, 100, 1);
        IMileage.Refund memory returned = refundOf(paid, holderOf(MINJI), pay(paid), 0, 0, 100);
        vm.prank(settler);
        mileage.refund(returned);
        vm.snapshotGasLastCall("Mileage", "refund");
    }

    function test_BalanceAndSupply() public {
        award(MINJI, 500);
        mileage.balanceOf(holderOf(MINJI));
        vm.snapshotGasLastCall("Mileage", "balanceOf");
        mileage.totalSupply();
        vm.snapshotGasLastCall("Mileage", "totalSupply");
    }
}
