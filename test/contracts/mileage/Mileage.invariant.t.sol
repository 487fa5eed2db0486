// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {Mileage} from "../../../contracts/mileage/Mileage.sol";
import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {CityTest} from "../CityTest.sol";
import {MileageTest} from "./MileageTest.sol";

/// @notice Does whatever the fuzzer likes in the city's name and in its citizens', over decades, and keeps books of its
/// own: points by holder and year, as the rules say. Notes each call whose outcome the rules did not foretell.
/// @dev What the rules refuse is tried all the same: it must fail, and nothing may change by it.
contract MileageHandler is MileageTest {
    struct Paid {
        IMileage.Redemption signed;
        uint256 who;
        bytes32 root;
        bytes32[] proof;
        uint16 epoch;
        uint40 fromPrevious;
        uint40 refunded;
        uint256 time;
    }

    uint256 private constant HOLDERS = 4;
    uint16 private constant PROGRAMMES = 6;
    uint16 private constant LIMIT = 500;

    /// @notice The first outcome that was not foretold.
    string public surprise;
    mapping(string action => uint256) public reached;

    uint256 public awarded;
    uint256 public redeemed;
    uint256 public donated;
    uint256 public refunded;
    uint256 public corrected;
    uint256 public expired;
    mapping(uint256 who => mapping(uint256 epoch => uint256)) public points;
    mapping(uint256 programme => mapping(uint256 period => uint256)) public spent;

    mapping(uint256 who => mapping(uint256 programme => mapping(uint256 day => uint256))) private _onDay;
    mapping(uint256 who => mapping(uint256 day => uint256)) private _programmesOnDay;
    mapping(uint256 who => uint256) private _lastDay;
    mapping(uint256 who => uint32) private _nonce;
    mapping(uint64 id => IMileage.Correction) private _corrections;
    uint64 private _correctionCount;
    mapping(uint256 who => IMileage.Recovery) private _recoveries;
    mapping(uint256 who => uint256) private _recoveryTo;
    Paid[] private _paid;
    address[] public holder;
    uint256[2][] private _keys;

    constructor(Mileage mileage_) {
        mileage = mileage_;
        furnish();
        for (uint256 who = 0; who < HOLDERS; ++who) {
            (uint256 x, uint256 y) = vm.publicKeyP256(key(who));
            holder.push(holderOf(key(who)));
            _keys.push([x, y]);
        }
        vm.startPrank(treasurer);
        mileage.changeProgramme(VOLUNTEERING, 3000, LIMIT, type(uint16).max);
        for (uint16 id = 2; id <= PROGRAMMES; ++id) {
            mileage.createProgramme(id, operator, 3000, 30, LIMIT, START - 60, type(uint16).max);
        }
        vm.stopPrank();
    }

    function setUp() public pure override {}

    /// @notice The contract's books against these.
    function check() external view {
        vm.assertEq(surprise, "");
        (uint64 awarded_, uint64 redeemed_, uint64 donated_, uint64 refunded_, uint64 corrected_) = mileage.totals();
        vm.assertEq(awarded_, awarded);
        vm.assertEq(redeemed_, redeemed);
        vm.assertEq(donated_, donated);
        vm.assertEq(refunded_, refunded);
        vm.assertEq(corrected_, corrected);
        // What has expired never returns: it only grows, by what the rules say.
        vm.assertEq(mileage.expired(), expired);
        uint256 supply = mileage.totalSupply();
        vm.assertEq(supply + redeemed + donated + expired + corrected, awarded + refunded);

        // Each holder has what the rules say: no path takes from one without a signature.
        uint256 sum;
        uint16 epoch = year();
        for (uint256 who = 0; who < HOLDERS; ++who) {
            (uint16 epoch_, uint40 current, uint40 previous) = mileage.bucketsOf(holder[who]);
            vm.assertEq(epoch_, epoch);
            vm.assertEq(current, points[who][epoch]);
            vm.assertEq(previous, points[who][epoch - 1]);
            sum += uint256(current) + previous;
        }
        vm.assertEq(sum, supply);
    }

    // --- awards

    function awardOne(uint8 who, uint8 programme, uint16 amount, uint8 daysAgo) external {
        uint256[] memory whos = new uint256[](1);
        whos[0] = who % HOLDERS;
        uint256[] memory list = entries(holder[whos[0]], amount % (LIMIT + 100));
        settleAwards(programme, daysAgo % 8 == 0 ? daysAgo / 8 : 0, list, whos);
    }

    function awardMany(uint8 first, uint8 programme, uint16[3] calldata amounts) external {
        uint256[] memory whos = new uint256[](3);
        uint256[] memory list = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            whos[i] = (uint256(first) + i * (first % 3)) % HOLDERS;
            list[i] = entry(holder[whos[i]], 1 + amounts[i] % 300);
        }
        settleAwards(programme, 0, list, whos);
    }

    function settleAwards(uint8 seed, uint256 daysAgo, uint256[] memory list, uint256[] memory whos) private {
        uint16 programme = uint16(1 + seed % PROGRAMMES);
        uint16 day = uint16(today() - daysAgo);
        uint256 total;
        bool allowed = daysAgo <= 30;
        for (uint256 i = 0; i < list.length; ++i) {
            total += uint96(list[i]);
            allowed = allowed && mayGet(programme, day, list, whos, i);
        }
        IMileage.Programme memory terms = mileage.programmeOf(programme);
        uint256 period = (day - (START - 60)) / 30;
        allowed = allowed && terms.halt == IMileage.Halt.Running;
        allowed = allowed && spent[programme][period] + total <= terms.budgetPerPeriod;

        bytes32 root = freshRoot();
        vm.prank(settler);
        try mileage.settleAwards(programme, day, root, uint32(list.length), list) {
            expect(allowed, "award", "award taken");
            awarded += total;
            spent[programme][period] += total;
            // Never over a budget, in any period.
            uint256 spent_ = mileage.spentOf(programme, period);
            if (spent_ != spent[programme][period] || spent_ > terms.budgetPerPeriod) surprise = "budget";
            for (uint256 i = 0; i < list.length; ++i) {
                points[whos[i]][year()] += uint96(list[i]);
                if (_onDay[whos[i]][programme][day] == 0) ++_programmesOnDay[whos[i]][day];
                _onDay[whos[i]][programme][day] += uint96(list[i]);
                _lastDay[whos[i]] = day;
            }
        } catch {
            expect(!allowed, "award refused", "award refused");
        }
    }

    function mayGet(uint16 programme, uint256 day, uint256[] memory list, uint256[] memory whos, uint256 i)
        private
        view
        returns (bool)
    {
        uint256 who = whos[i];
        uint256 got = _onDay[who][programme][day];
        for (uint256 j = 0; j < i; ++j) {
            if (whos[j] == who) got += uint96(list[j]);
        }
        if (got == 0 && _programmesOnDay[who][day] == 4) return false;
        uint256 amount = uint96(list[i]);
        return amount > 0 && got + amount <= mileage.programmeOf(programme).dayLimit && _lastDay[who] <= day;
    }

    // --- payments

    function payOne(uint8 who, bool toFund, uint16 amount, uint8 nonce) external {
        uint256[] memory whos = new uint256[](1);
        whos[0] = who % HOLDERS;
        IMileage.Redemption[] memory list = one(
            signed(whos[0], toFund ? FOOD_BANK : BAKERY, wish(whos[0], amount), _nonce[whos[0]] + nonce % 8)
        );
        redeem(list, whos);
    }

    /// @dev Mostly what the holder could pay.
    function wish(uint256 who, uint256 seed) private view returns (uint256) {
        uint256 balance = points[who][year()] + points[who][year() - 1];
        return seed % 4 == 0 ? seed % 700 : 1 + (seed / 4) % (balance + 1);
    }

    function payTwo(uint8 first, uint8 second, uint8 amount, uint8 other) external {
        uint256[] memory whos = new uint256[](2);
        (whos[0], whos[1]) = (first % HOLDERS, second % HOLDERS);
        IMileage.Redemption[] memory list = new IMileage.Redemption[](2);
        list[0] = signed(whos[0], BAKERY, amount, _nonce[whos[0]] + 1);
        list[1] = signed(whos[1], FOOD_BANK, other, _nonce[whos[1]] + 2);
        redeem(list, whos);
    }

    function redeem(IMileage.Redemption[] memory list, uint256[] memory whos) private {
        bool allowed = true;
        uint16 epoch = year();
        uint40[] memory fromPrevious = new uint40[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 who = whos[i];
            (uint256 before, uint256 lastNonce) = (0, _nonce[who]);
            if (i == 1 && whos[0] == who) (before, lastNonce) = (list[0].amount, list[0].nonce);
            uint256 older = before < points[who][epoch - 1] ? points[who][epoch - 1] - before : 0;
            uint256 amount = list[i].amount;
            allowed = allowed && amount > 0 && list[i].nonce > lastNonce;
            allowed = allowed && before + amount <= points[who][epoch] + points[who][epoch - 1];
            allowed = allowed && !mileage.payeeOf(list[i].payee).frozen;
            fromPrevious[i] = uint40(amount < older ? amount : older);
        }
        vm.prank(settler);
        try mileage.redeem(list) returns (bytes32 root) {
            expect(allowed, "redeem", "redemption taken");
            for (uint256 i = 0; i < list.length; ++i) {
                remember(list, whos, fromPrevious, i, root, epoch);
            }
        } catch {
            expect(!allowed, "redeem refused", "redemption refused");
        }
    }

    function remember(
        IMileage.Redemption[] memory list,
        uint256[] memory whos,
        uint40[] memory fromPrevious,
        uint256 i,
        bytes32 root,
        uint16 epoch
    ) private {
        (uint256 who, IMileage.Redemption memory words) = (whos[i], list[i]);
        points[who][epoch - 1] -= fromPrevious[i];
        points[who][epoch] -= words.amount - fromPrevious[i];
        _nonce[who] = words.nonce;
        if (words.payee == FOOD_BANK) donated += words.amount;
        else redeemed += words.amount;
        Paid storage paid = _paid.push();
        (paid.signed, paid.who, paid.root, paid.epoch) = (words, who, root, epoch);
        (paid.fromPrevious, paid.time) = (fromPrevious[i], block.timestamp);
        if (list.length == 2) {
            uint256 other = 1 - i;
            bytes32 digest = digestOf(holder[whos[other]], list[other]);
            paid.proof.push(leafOf(hashOf(digest, epoch, fromPrevious[other])));
        }
    }

    /// @notice A payment of someone else, a changed one, one paid before, one too late.
    function payForged(uint8 who, uint8 how, uint8 amount, uint256 seed) external {
        uint256 victim = who % HOLDERS;
        IMileage.Redemption memory words = signed(victim, BAKERY, 1 + amount, _nonce[victim] + 1);
        uint256 kind = how % 8;
        if (kind == 0) (words.r, words.s) = (seed, uint256(keccak256(abi.encode(seed))) >> 1);
        if (kind == 1) words.amount += 1;
        if (kind == 2) words.payee = FOOD_BANK;
        if (kind == 3) words.nonce += 1;
        if (kind == 4) words.deadline += 1;
        if (kind == 5) signWith(victim, (victim + 1) % HOLDERS, words);
        if (kind == 6) {
            words.deadline = uint48(block.timestamp - 1);
            signWith(victim, victim, words);
        }
        if (kind == 7) {
            if (_paid.length == 0) return;
            words = _paid[seed % _paid.length].signed;
        }
        vm.prank(settler);
        try mileage.redeem(one(words)) {
            surprise = "forged payment taken";
        } catch {
            ++reached["forgery refused"];
        }
    }

    /// @notice Pays in the last second of a year what comes back in the next one.
    function payOnNewYearsEve(uint8 who, uint8 amount) external {
        leapTo(nextNewYear() * 1 days - 9 hours - 1);
        uint256[] memory whos = new uint256[](1);
        whos[0] = who % HOLDERS;
        redeem(one(signed(whos[0], FOOD_BANK, amount, _nonce[whos[0]] + 1)), whos);
        leapTo(block.timestamp + 1 + uint256(amount) * 1 hours);
        giveBack(0, amount, 7);
    }

    function refund(uint256 which, uint16 amount, uint8 flaw) external {
        giveBack(which, amount, flaw);
    }

    function giveBack(uint256 which, uint16 amount, uint8 flaw) private {
        if (_paid.length == 0) return;
        // One of the newest, most of the time: the window closes in a week.
        uint256 back = which % 4 == 0 ? which % _paid.length : which % (_paid.length < 5 ? _paid.length : 5);
        Paid storage paid = _paid[_paid.length - 1 - back];
        IMileage.Refund memory r;
        (r.holder, r.payee, r.amount) = (holder[paid.who], paid.signed.payee, paid.signed.amount);
        (r.nonce, r.deadline, r.epoch) = (paid.signed.nonce, paid.signed.deadline, paid.epoch);
        (r.fromPrevious, r.refundedBefore, r.root) = (paid.fromPrevious, paid.refunded, paid.root);
        r.amountBack = amount % 3 == 0 ? paid.signed.amount - paid.refunded : amount % (paid.signed.amount + 9);
        r.proof = paid.proof;
        bool allowed = r.amountBack > 0 && paid.refunded + r.amountBack <= paid.signed.amount;
        allowed = allowed && block.timestamp <= paid.time + REFUND_WINDOW;
        if (flaw % 8 == 0) (r.refundedBefore, allowed) = (paid.refunded + 1, false);
        if (flaw % 8 == 1) (r.holder, allowed) = (holder[(paid.who + 1) % HOLDERS], false);
        if (flaw % 8 == 2) (r.epoch, allowed) = (r.epoch + 1, false);
        vm.prank(settler);
        try mileage.refund(r) {
            expect(allowed, "refund", "refund taken");
            bookRefund(paid, r.amountBack);
        } catch {
            expect(!allowed, "refund refused", "refund refused");
        }
    }

    function bookRefund(Paid storage paid, uint40 amount) private {
        uint256 fromCurrent = paid.signed.amount - paid.fromPrevious;
        refunded += amount;
        for (uint256 i = 0; i < amount; ++i) {
            // Point by point: the newer ones first, and what belongs to an expired year is gone.
            uint256 epoch = paid.refunded + i < fromCurrent ? paid.epoch : paid.epoch - 1;
            if (epoch + 1 >= year()) ++points[paid.who][epoch];
            else ++expired;
        }
        if (paid.epoch != year()) ++reached["refund of last year"];
        paid.refunded += amount;
    }

    // --- corrections

    function propose(uint8 who, uint8 programme, uint16 amount, bytes32 reason) external {
        uint64 id = ++_correctionCount;
        IMileage.Correction memory proposal;
        (proposal.holder, proposal.programme) = (holder[who % HOLDERS], uint16(1 + programme % PROGRAMMES));
        (proposal.amount, proposal.state) = (1 + amount % 400, IMileage.CorrectionState.Proposed);
        (proposal.proposer, proposal.reasonHash) = (address(uint160(who % HOLDERS)), reason | bytes32(uint256(1)));
        _corrections[id] = proposal;
        vm.prank(treasurer);
        mileage.proposeCorrection(id, proposal.holder, proposal.programme, proposal.amount, proposal.reasonHash);
        ++reached["propose"];
    }

    function decide(uint64 which, bool approve) external {
        if (_correctionCount == 0) return;
        uint64 id = 1 + which % (_correctionCount + 1);
        if (which % 2 == 0) id = _correctionCount;
        IMileage.Correction storage proposal = _corrections[id];
        bool allowed = proposal.state == IMileage.CorrectionState.Proposed;
        vm.prank(approver);
        if (!approve) {
            try mileage.rejectCorrection(id) {
                expect(allowed, "reject", "rejection taken");
                proposal.state = IMileage.CorrectionState.Rejected;
            } catch {
                expect(!allowed, "decision refused", "rejection refused");
            }
            return;
        }
        try mileage.approveCorrection(id) {
            expect(allowed, "correct", "correction taken");
            proposal.state = IMileage.CorrectionState.Approved;
            uint256 who = uint160(proposal.proposer);
            corrected += take(who, year() - 1, proposal.amount);
        } catch {
            expect(!allowed, "decision refused", "correction refused");
        }
    }

    /// @dev From the older year, the rest from the newer, as far as there is.
    function take(uint256 who, uint256 older, uint256 amount) private returns (uint256 taken) {
        for (uint256 epoch = older; epoch <= older + 1; ++epoch) {
            uint256 part = amount - taken < points[who][epoch] ? amount - taken : points[who][epoch];
            points[who][epoch] -= part;
            taken += part;
        }
    }

    // --- lost keys

    function requestRecovery(uint8 who, uint8 target) external {
        (uint256 from, uint256 to) = (who % HOLDERS, target % HOLDERS);
        IMileage.Recovery storage pending = _recoveries[from];
        bool open = pending.readyAt != 0 && pending.nonce == _nonce[from];
        vm.prank(settler);
        try mileage.requestRecovery(holder[from], holder[to]) {
            expect(from != to && !open, "request", "request taken");
            _recoveries[from] =
                IMileage.Recovery(holder[to], uint48(block.timestamp) + RECOVERY_DELAY, _nonce[from]);
            _recoveryTo[from] = to;
        } catch {
            expect(from == to || open, "request refused", "request refused");
        }
    }

    function completeRecovery(uint8 who, bool wait) external {
        uint256 from = who % HOLDERS;
        IMileage.Recovery memory pending = _recoveries[from];
        if (wait && pending.readyAt > block.timestamp) leapTo(pending.readyAt);
        bool allowed = pending.readyAt != 0 && block.timestamp >= pending.readyAt;
        allowed = allowed && pending.nonce == _nonce[from];
        if (pending.readyAt != 0 && pending.nonce != _nonce[from]) ++reached["void request"];
        vm.prank(settler);
        try mileage.completeRecovery(holder[from]) {
            expect(allowed, "recover", "recovery taken");
            delete _recoveries[from];
            for (uint256 epoch = year() - 1; epoch <= year(); ++epoch) {
                points[_recoveryTo[from]][epoch] += points[from][epoch];
                points[from][epoch] = 0;
            }
        } catch {
            expect(!allowed, "recovery refused", "recovery refused");
        }
    }

    function objectToRecovery(uint8 who, uint8 signer, uint8 nonce) external {
        (uint256 from, uint256 by) = (who % HOLDERS, signer % 4 == 0 ? signer / 4 % HOLDERS : who % HOLDERS);
        uint32 next = _nonce[from] + nonce % 4;
        (uint256 x, uint256 y) = (_keys[from][0], _keys[from][1]);
        // A signature of another key is over the victim's words all the same.
        (uint256 r, uint256 s) = objectionBy(key(by), holder[from], next, uint48(block.timestamp));
        bool allowed = by == from && nonce % 4 != 0 && _recoveries[from].readyAt != 0;
        vm.prank(stranger);
        try mileage.objectToRecovery(x, y, r, s, next, uint48(block.timestamp)) {
            expect(allowed, "object", "objection taken");
            delete _recoveries[from];
            _nonce[from] = next;
        } catch {
            expect(!allowed, "objection refused", "objection refused");
        }
    }

    function cancelRecovery(uint8 who) external {
        uint256 from = who % HOLDERS;
        bool allowed = _recoveries[from].readyAt != 0;
        vm.prank(settler);
        try mileage.cancelRecovery(holder[from]) {
            expect(allowed, "cancel", "cancellation taken");
            delete _recoveries[from];
        } catch {
            expect(!allowed, "cancel refused", "cancellation refused");
        }
    }

    // --- the city's housekeeping

    function changeProgramme(uint8 seed, uint16 budget, uint16 limit) external {
        uint16 programme = uint16(1 + seed % PROGRAMMES);
        uint256 now_ = spent[programme][(today() - (START - 60)) / 30];
        uint64 newBudget = budget % 4 == 0 ? budget % 300 : 1000 + budget % 4000;
        vm.prank(treasurer);
        try mileage.changeProgramme(programme, newBudget, 100 + limit % LIMIT, type(uint16).max) {
            expect(newBudget >= now_, "change", "change taken");
        } catch {
            expect(newBudget < now_, "change refused", "change refused");
        }
    }

    function stopOrResume(uint8 seed, bool byOperator) external {
        uint16 programme = uint16(1 + seed % PROGRAMMES);
        IMileage.Halt halt = mileage.programmeOf(programme).halt;
        vm.prank(halt == IMileage.Halt.ByTreasurer || !byOperator ? treasurer : operator);
        if (halt == IMileage.Halt.Running && seed % 3 == 0) mileage.stopProgramme(programme);
        else if (halt != IMileage.Halt.Running) mileage.resumeProgramme(programme);
        else mileage.totalSupply();
        ++reached["stop or resume"];
    }

    function freezeOrThaw(uint8 seed) external {
        bool frozen = mileage.payeeOf(BAKERY).frozen;
        if (!frozen && seed % 4 != 0) return;
        vm.prank(treasurer);
        mileage.setPayeeFrozen(BAKERY, !frozen);
        ++reached["freeze or thaw"];
    }

    /// @notice While it is paused a good payment, a good award and a correction fail.
    function pauseForAMoment(uint8 who) external {
        uint256 payer = who % HOLDERS;
        IMileage.Redemption memory words = signed(payer, FOOD_BANK, 1, _nonce[payer] + 1);
        bytes32 root = freshRoot();
        vm.prank(treasurer);
        mileage.pause();
        vm.prank(settler);
        try mileage.redeem(one(words)) {
            surprise = "payment while paused";
        } catch {}
        vm.prank(settler);
        try mileage.settleAwards(1, today(), root, 1, entries(holder[payer], 1)) {
            surprise = "award while paused";
        } catch {}
        vm.prank(treasurer);
        mileage.unpause();
        ++reached["pause"];
    }

    // --- time

    function waitHours(uint16 hours_) external {
        leapTo(block.timestamp + uint256(hours_ % 72) * 1 hours + 7);
    }

    function waitDays(uint8 days_) external {
        leapTo(block.timestamp + uint256(days_ % 16) * 1 days);
    }

    /// @notice To the last or the first second of a year, or into it.
    function leapToNewYear(uint8 seed) external {
        uint256 newYear = nextNewYear() * 1 days - 9 hours;
        if (seed % 4 == 0) newYear -= 1;
        if (seed % 4 == 1) newYear += uint256(seed) * 1 hours;
        if (seed % 16 == 15) newYear += 400 days;
        leapTo(newYear);
        ++reached["new year"];
    }

    /// @dev Notes what expires on the way.
    function leapTo(uint256 time) private {
        // The days of the contract end in 2149.
        if (time > 5_600_000_000) return;
        uint256 before = year();
        vm.warp(time);
        for (uint256 epoch = before - 1; epoch + 1 < year() && epoch <= before; ++epoch) {
            for (uint256 who = 0; who < HOLDERS; ++who) {
                expired += points[who][epoch];
                if (points[who][epoch] > 0) ++reached["expiry"];
                points[who][epoch] = 0;
            }
        }
    }

    /// @dev Counts from 1 January 2027, day 20,819.
    function year() public view returns (uint16 counted) {
        uint256 day = today() - 20_819;
        counted = YEAR;
        while (day >= lengthOf(counted)) day -= lengthOf(counted++);
    }

    function nextNewYear() private view returns (uint256 day) {
        uint16 present = year();
        day = 20_819;
        for (uint16 counted = YEAR; counted <= present; ++counted) day += lengthOf(counted);
    }

    function lengthOf(uint256 y) private pure returns (uint256) {
        return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
    }

    // --- people

    function signed(uint256 who, uint32 payee, uint256 amount, uint32 nonce)
        private
        view
        returns (IMileage.Redemption memory words)
    {
        (words.payee, words.amount, words.nonce) = (payee, uint40(amount), nonce);
        words.deadline = uint48(block.timestamp + 1 hours);
        signWith(who, who, words);
    }

    /// @dev `signer` signs as if it were `who`.
    function signWith(uint256 who, uint256 signer, IMileage.Redemption memory words) private view {
        (words.x, words.y) = (_keys[who][0], _keys[who][1]);
        (words.r, words.s) = signatureOf(key(signer), digestOf(holder[who], words));
    }

    function key(uint256 who) private pure returns (uint256) {
        return 0x1000 + who;
    }

    function expect(bool foretold, string memory action, string memory otherwise) private {
        ++reached[action];
        if (!foretold && bytes(surprise).length == 0) surprise = otherwise;
    }
}

contract MileageInvariants is CityTest {
    MileageHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new MileageHandler(mileage);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice 100,000 calls: 400 lives of a city of 250 calls each, with everything checked after each call.
    /// @dev One function, since each would have its own 100,000 calls.
    /// hardhat-config: invariant.runs = 400
    /// hardhat-config: invariant.depth = 250
    function invariant_TheBooksAddUp() public view {
        handler.check();
    }

    // What never happens proves nothing: lives of the same kind meet every case.

    function test_TheHandlerReachesEveryCaseOfAwardsAndPayments() public {
        live(hex"00010203040506061114");
        meets("award");
        meets("award refused");
        meets("redeem");
        meets("redeem refused");
        meets("forgery refused");
        meets("refund");
        meets("refund refused");
        meets("refund of last year");
        meets("expiry");
    }

    function test_TheHandlerReachesEveryCaseOfCorrectionsAndProgrammes() public {
        live(hex"000707080d0d0e0f101214");
        meets("propose");
        meets("correct");
        meets("reject");
        meets("decision refused");
        meets("change");
        meets("change refused");
        meets("stop or resume");
        meets("freeze or thaw");
        meets("pause");
    }

    function test_TheHandlerReachesEveryCaseOfLostKeys() public {
        live(hex"00020909090a0a0b0b0c13");
        meets("request");
        meets("request refused");
        meets("recover");
        meets("recovery refused");
        meets("void request");
        meets("object");
        meets("objection refused");
        meets("cancel");
        meets("cancel refused");
        meets("new year");
    }

    function live(bytes memory actions) private {
        for (uint256 i = 0; i < 150; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            act(uint8(actions[seed % actions.length]), seed);
        }
        handler.check();
    }

    function meets(string memory action) private view {
        vm.assertTrue(handler.reached(action) > 0, action);
    }

    function act(uint8 what, uint256 seed) private {
        (uint8 a, uint8 b, uint16 c) = (uint8(seed >> 8), uint8(seed >> 16), uint16(seed >> 24));
        if (what == 0) handler.awardOne(a, b, c, uint8(seed >> 40));
        if (what == 1) handler.awardMany(a, b, [c, uint16(seed >> 40), uint16(seed >> 56)]);
        if (what == 2) handler.payOne(a, b % 2 == 0, c, uint8(seed >> 40));
        if (what == 3) handler.payTwo(a, b, uint8(c), uint8(seed >> 40));
        if (what == 4) handler.payForged(a, b, uint8(c), seed);
        if (what == 5) handler.payOnNewYearsEve(a, b);
        if (what == 6) handler.refund(seed >> 8, c, b);
        if (what == 7) handler.propose(a, b, c, bytes32(seed));
        if (what == 8) handler.decide(uint64(seed >> 8), b % 2 == 0);
        if (what == 9) handler.requestRecovery(a, b);
        if (what == 10) handler.completeRecovery(a, b % 2 == 0);
        if (what == 11) handler.objectToRecovery(a, b, uint8(c));
        if (what == 12) handler.cancelRecovery(a);
        if (what == 13) handler.changeProgramme(a, c, b);
        if (what == 14) handler.stopOrResume(a, b % 2 == 0);
        if (what == 15) handler.freezeOrThaw(a);
        if (what == 16) handler.pauseForAMoment(a);
        if (what == 17) handler.waitHours(c);
        if (what == 18) handler.waitDays(a);
        if (what == 19) handler.leapToNewYear(a);
        if (what == 20) handler.awardOne(a, b, c, 0);
    }
}
