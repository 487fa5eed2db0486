// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract ProgrammesTest is MileageTest {
    function expectTreasurerError(bytes memory refusal) private {
        vm.prank(treasurer);
        vm.expectRevert(refusal);
    }

    function test_KeepsTheTermsOfAProgramme() public {
        vm.expectEmit();
        emit IMileage.ProgrammeCreated(4095, operator, 5000, 7, 60, 100, 200);
        vm.prank(treasurer);
        mileage.createProgramme(4095, operator, 5000, 7, 60, 100, 200);
        IMileage.Programme memory programme = mileage.programmeOf(4095);
        vm.assertEq(programme.operator, operator);
        vm.assertEq(programme.budgetPerPeriod, 5000);
        vm.assertEq(programme.periodDays, 7);
        vm.assertEq(programme.dayLimit, 60);
        vm.assertEq(programme.startDay, 100);
        vm.assertEq(programme.endDay, 200);
        vm.assertEq(uint8(programme.halt), uint8(IMileage.Halt.Running));
        vm.assertEq(mileage.programmeOf(3).operator, address(0));
    }

    function test_RefusesAnIdThatDoesNotFitOrIsTaken() public {
        expectTreasurerError(abi.encodeWithSelector(IMileage.ProgrammeIdOutOfRange.selector, 0));
        mileage.createProgramme(0, operator, 1, 1, 1, 1, 1);
        expectTreasurerError(abi.encodeWithSelector(IMileage.ProgrammeIdOutOfRange.selector, 4096));
        mileage.createProgramme(4096, operator, 1, 1, 1, 1, 1);
        expectTreasurerError(abi.encodeWithSelector(IMileage.ProgrammeAlreadyExists.selector, VOLUNTEERING));
        mileage.createProgramme(VOLUNTEERING, operator, 1, 1, 1, 1, 1);
    }

    function test_RefusesTermsThatMeanNothing() public {
        bytes memory refusal = abi.encodeWithSelector(IMileage.ProgrammeTermsInvalid.selector, 2);
        expectTreasurerError(refusal);
        mileage.createProgramme(2, address(0), 1, 1, 1, 1, 1);
        expectTreasurerError(refusal);
        mileage.createProgramme(2, operator, 1, 0, 1, 1, 1);
        expectTreasurerError(refusal);
        mileage.createProgramme(2, operator, 1, 1, 1, 2, 1);
        expectTreasurerError(abi.encodeWithSelector(IMileage.ProgrammeTermsInvalid.selector, VOLUNTEERING));
        mileage.changeProgramme(VOLUNTEERING, 1, 1, START - 61);
    }

    function test_NewTermsCountFromNowOn() public {
        award(MINJI, 700);
        vm.expectEmit();
        emit IMileage.ProgrammeChanged(VOLUNTEERING, 800, 900, START + 1);
        vm.prank(treasurer);
        mileage.changeProgramme(VOLUNTEERING, 800, 900, START + 1);
        expectSettleError(
            VOLUNTEERING,
            START,
            entries(holderOf(JUNHO), 101),
            abi.encodeWithSelector(IMileage.BudgetExceeded.selector, VOLUNTEERING, 2, 801, 800)
        );
        expectSettleError(
            VOLUNTEERING,
            START,
            entries(holderOf(JUNHO), 901),
            abi.encodeWithSelector(IMileage.DayLimitExceeded.selector, 0)
        );
        vm.warp(block.timestamp + 2 days);
        expectSettleError(
            VOLUNTEERING,
            START + 2,
            entries(holderOf(JUNHO), 1),
            abi.encodeWithSelector(IMileage.DayOutsideProgramme.selector, VOLUNTEERING, START + 2)
        );
    }

    function test_ABudgetNeverGoesBelowWhatIsSpent() public {
        award(MINJI, 700);
        expectTreasurerError(abi.encodeWithSelector(IMileage.BudgetBelowSpent.selector, VOLUNTEERING, 700));
        mileage.changeProgramme(VOLUNTEERING, 699, DAY_LIMIT, START);
        vm.prank(treasurer);
        mileage.changeProgramme(VOLUNTEERING, 700, DAY_LIMIT, START);
    }

    function test_AProgrammeCanChangeBeforeItBegins() public {
        vm.startPrank(treasurer);
        mileage.createProgramme(2, operator, 1, 1, 1, START + 1, START + 2);
        mileage.changeProgramme(2, 5, 6, START + 1);
        vm.stopPrank();
        vm.assertEq(mileage.programmeOf(2).budgetPerPeriod, 5);
        vm.assertEq(mileage.programmeOf(2).endDay, START + 1);
    }

    function test_RefusesWhatItDoesNotKnow() public {
        bytes memory refusal = abi.encodeWithSelector(IMileage.ProgrammeUnknown.selector, 2);
        expectTreasurerError(refusal);
        mileage.changeProgramme(2, 1, 1, 1);
        expectTreasurerError(refusal);
        mileage.stopProgramme(2);
        expectTreasurerError(refusal);
        mileage.resumeProgramme(2);
        expectTreasurerError(abi.encodeWithSelector(IMileage.PayeeUnknown.selector, 2));
        mileage.setPayeeFrozen(2, true);
    }

    function test_TheOperatorStopsAndResumesItsOwnProgramme() public {
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IMileage.ProgrammeAlreadyRunning.selector, VOLUNTEERING));
        mileage.resumeProgramme(VOLUNTEERING);
        vm.expectEmit();
        emit IMileage.ProgrammeStopped(VOLUNTEERING, IMileage.Halt.ByOperator);
        mileage.stopProgramme(VOLUNTEERING);
        vm.expectRevert(abi.encodeWithSelector(IMileage.ProgrammeNotRunning.selector, VOLUNTEERING));
        mileage.stopProgramme(VOLUNTEERING);
        vm.expectEmit();
        emit IMileage.ProgrammeResumed(VOLUNTEERING);
        mileage.resumeProgramme(VOLUNTEERING);
        vm.stopPrank();
    }

    function test_WhatTheTreasurerStopsTheOperatorCannotResume() public {
        vm.prank(operator);
        mileage.stopProgramme(VOLUNTEERING);
        vm.expectEmit();
        emit IMileage.ProgrammeStopped(VOLUNTEERING, IMileage.Halt.ByTreasurer);
        vm.prank(treasurer);
        mileage.stopProgramme(VOLUNTEERING);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IMileage.ProgrammeNotRunning.selector, VOLUNTEERING));
        mileage.stopProgramme(VOLUNTEERING);
        vm.expectRevert(unauthorized(operator));
        mileage.resumeProgramme(VOLUNTEERING);
        vm.stopPrank();
        vm.prank(treasurer);
        mileage.resumeProgramme(VOLUNTEERING);
        vm.assertEq(uint8(mileage.programmeOf(VOLUNTEERING).halt), uint8(IMileage.Halt.Running));
    }

    function testFuzz_NobodyElseStopsOrResumesAProgramme(address attacker) public {
        vm.assume(attacker != operator && attacker != treasurer && attacker != address(access));
        vm.prank(attacker);
        vm.expectRevert(unauthorized(attacker));
        mileage.stopProgramme(VOLUNTEERING);
        vm.prank(operator);
        mileage.stopProgramme(VOLUNTEERING);
        vm.prank(attacker);
        vm.expectRevert(unauthorized(attacker));
        mileage.resumeProgramme(VOLUNTEERING);
    }

    function test_RegistersEachPayeeOnce() public {
        expectTreasurerError(abi.encodeWithSelector(IMileage.PayeeIdOutOfRange.selector, 0));
        mileage.registerPayee(0, IMileage.PayeeKind.Merchant);
        expectTreasurerError(abi.encodeWithSelector(IMileage.PayeeIdOutOfRange.selector, 30));
        mileage.registerPayee(30, IMileage.PayeeKind.None);
        vm.expectEmit();
        emit IMileage.PayeeRegistered(30, IMileage.PayeeKind.Fund);
        vm.prank(treasurer);
        mileage.registerPayee(30, IMileage.PayeeKind.Fund);
        expectTreasurerError(abi.encodeWithSelector(IMileage.PayeeAlreadyRegistered.selector, 30));
        mileage.registerPayee(30, IMileage.PayeeKind.Merchant);
        vm.assertEq(uint8(mileage.payeeOf(30).kind), uint8(IMileage.PayeeKind.Fund));
        vm.assertEq(uint8(mileage.payeeOf(31).kind), uint8(IMileage.PayeeKind.None));
    }

    function test_FreezesAndThawsAPayee() public {
        vm.expectEmit();
        emit IMileage.PayeeFrozen(BAKERY, true);
        vm.prank(treasurer);
        mileage.setPayeeFrozen(BAKERY, true);
        vm.assertTrue(mileage.payeeOf(BAKERY).frozen);
        expectTreasurerError(abi.encodeWithSelector(IMileage.PayeeAlreadyInState.selector, BAKERY, true));
        mileage.setPayeeFrozen(BAKERY, true);
        vm.prank(treasurer);
        mileage.setPayeeFrozen(BAKERY, false);
        vm.assertFalse(mileage.payeeOf(BAKERY).frozen);
    }
}
