// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IMileage} from "../interfaces/IMileage.sol";
import {Ledger} from "./Ledger.sol";

/// @title Programmes with their budgets, and the merchants and funds that may be paid
abstract contract Programmes is Ledger, AccessManaged {
    /// @dev Twelve bits name a programme in a holder's slot, and 0 an unused counter.
    uint256 private constant HIGHEST_PROGRAMME = 4095;
    /// @dev How long a batch of awards may wait for a chain that is down.
    uint256 private constant OLDEST_DAY = 30;

    mapping(uint16 id => Programme) private _programmes;
    mapping(uint16 id => mapping(uint256 period => uint256)) private _spent;
    mapping(uint32 id => Payee) internal _payees;

    /// @inheritdoc IMileage
    function createProgramme(
        uint16 id,
        address operator,
        uint64 budgetPerPeriod,
        uint16 periodDays,
        uint16 dayLimit,
        uint16 startDay,
        uint16 endDay
    ) external restricted {
        if (id == 0 || id > HIGHEST_PROGRAMME) revert ProgrammeIdOutOfRange(id);
        if (_programmes[id].operator != address(0)) revert ProgrammeAlreadyExists(id);
        if (operator == address(0) || periodDays == 0 || endDay < startDay) revert ProgrammeTermsInvalid(id);
        _programmes[id] =
            Programme(operator, budgetPerPeriod, periodDays, dayLimit, startDay, endDay, Halt.Running);
        emit ProgrammeCreated(id, operator, budgetPerPeriod, periodDays, dayLimit, startDay, endDay);
    }

    /// @inheritdoc IMileage
    function changeProgramme(uint16 id, uint64 budgetPerPeriod, uint16 dayLimit, uint16 endDay)
        external
        restricted
    {
        Programme storage programme = _known(id);
        (uint16 today, uint16 startDay) = (_today(), programme.startDay);
        if (endDay < startDay) revert ProgrammeTermsInvalid(id);
        if (today >= startDay) {
            uint256 spent = _spent[id][(today - startDay) / programme.periodDays];
            if (budgetPerPeriod < spent) revert BudgetBelowSpent(id, spent);
        }
        (programme.budgetPerPeriod, programme.dayLimit, programme.endDay) = (budgetPerPeriod, dayLimit, endDay);
        emit ProgrammeChanged(id, budgetPerPeriod, dayLimit, endDay);
    }

    /// @inheritdoc IMileage
    function stopProgramme(uint16 id) external {
        Programme storage programme = _known(id);
        Halt halt = Halt.ByOperator;
        if (msg.sender != programme.operator) {
            _checkCanCall(msg.sender, msg.data);
            halt = Halt.ByTreasurer;
        }
        if (programme.halt >= halt) revert ProgrammeNotRunning(id);
        programme.halt = halt;
        emit ProgrammeStopped(id, halt);
    }

    /// @inheritdoc IMileage
    function resumeProgramme(uint16 id) external {
        Programme storage programme = _known(id);
        if (programme.halt == Halt.Running) revert ProgrammeAlreadyRunning(id);
        if (msg.sender != programme.operator || programme.halt == Halt.ByTreasurer) {
            _checkCanCall(msg.sender, msg.data);
        }
        programme.halt = Halt.Running;
        emit ProgrammeResumed(id);
    }

    /// @inheritdoc IMileage
    function registerPayee(uint32 id, PayeeKind kind) external restricted {
        if (id == 0 || kind == PayeeKind.None) revert PayeeIdOutOfRange(id);
        if (_payees[id].kind != PayeeKind.None) revert PayeeAlreadyRegistered(id);
        _payees[id].kind = kind;
        emit PayeeRegistered(id, kind);
    }

    /// @inheritdoc IMileage
    function setPayeeFrozen(uint32 id, bool frozen) external restricted {
        Payee storage payee = _payees[id];
        if (payee.kind == PayeeKind.None) revert PayeeUnknown(id);
        if (payee.frozen == frozen) revert PayeeAlreadyInState(id, frozen);
        payee.frozen = frozen;
        emit PayeeFrozen(id, frozen);
    }

    /// @inheritdoc IMileage
    function programmeOf(uint16 id) external view returns (Programme memory) {
        return _programmes[id];
    }

    /// @inheritdoc IMileage
    function spentOf(uint16 id, uint256 period) external view returns (uint256) {
        return _spent[id][period];
    }

    /// @inheritdoc IMileage
    function payeeOf(uint32 id) external view returns (Payee memory) {
        return _payees[id];
    }

    function _known(uint16 id) internal view returns (Programme storage programme) {
        programme = _programmes[id];
        if (programme.operator == address(0)) revert ProgrammeUnknown(id);
    }

    /// @dev Refuses a day on which the programme gives nothing; answers what one holder may get on it.
    function _dayLimitOn(uint16 id, uint16 day) internal view returns (uint256) {
        Programme storage programme = _known(id);
        if (programme.halt != Halt.Running) revert ProgrammeNotRunning(id);
        if (day < programme.startDay || day > programme.endDay) revert DayOutsideProgramme(id, day);
        uint16 today = _today();
        if (day > today || uint256(day) + OLDEST_DAY < today) revert DayOutOfRange(day, today);
        return programme.dayLimit;
    }

    /// @dev Takes the sum of a batch from the budget of the period that `day` is in.
    function _spend(uint16 id, uint16 day, uint256 total) internal {
        Programme storage programme = _programmes[id];
        uint256 period = (day - programme.startDay) / programme.periodDays;
        uint256 spent = _spent[id][period] + total;
        uint64 budget = programme.budgetPerPeriod;
        if (spent > budget) revert BudgetExceeded(id, period, spent, budget);
        _spent[id][period] = spent;
    }
}
