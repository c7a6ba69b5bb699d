-- samplegen: loops at the project's tempo, at the cursor (ReaScript for REAPER 6 and newer)
--
-- Reads tempo and time signature at the edit cursor, asks what to make, lets samplegen make it,
-- and puts it on the selected track (or a new one) as one item; several loops are its takes.
-- Written by "samplegen daw-script reaper". Licence: GPL-3.0-or-later, as samplegen's.

-- The command that runs samplegen, word by word.
local PROGRAM = { "samplegen" }
-- Another program, once it was chosen in the message that says that samplegen was not found.
local STATE, STATE_PATH, STATE_ANSWERS = "samplegen", "path", "answers"

local TITLE = "samplegen loops"
local KINDS = "drums tops kick percussion bass chord"
local OK, OK_CANCEL = 0, 1
local SHOW_PEAKS = 40047 -- Peaks: Build any missing peaks

local is_windows = reaper.GetOS():find("^Win") ~= nil
local separator = is_windows and "\\" or "/"

local function tell(text)
  reaper.ShowMessageBox(text, TITLE, OK)
end

-- Quoting -------------------------------------------------------------------------------------

-- One word as the C runtime of Windows splits command lines (no shell is involved).
local function quote_windows(word)
  if word ~= "" and not word:find('[%s"]') then return word end
  word = word:gsub('(\\*)"', '%1%1\\"'):gsub("(\\*)$", "%1%1")
  return '"' .. word .. '"'
end

-- One word for a POSIX shell: nothing has a meaning between single quotes.
local function quote_shell(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function join(words, quote)
  local quoted = {}
  for index, word in ipairs(words) do quoted[index] = quote(word) end
  return table.concat(quoted, " ")
end

-- Programs that are started from a dock or a menu don't know the folders of a login shell.
local SHELL_PATH = 'PATH="$HOME/.local/bin:/opt/homebrew/bin:/usr/local/bin:$PATH"\nexport PATH\n'

-- How REAPER splits a command line is documented for no system but Windows, so elsewhere
-- the words go into a file that the shell reads, and only its path stands on the line.
local function run_with_shell(words)
  local path = reaper.GetResourcePath() .. "/samplegen_job.sh"
  local file, problem = io.open(path, "wb")
  if not file then
    return nil, "Cannot write " .. path .. " (" .. tostring(problem) .. ")."
  end
  file:write(SHELL_PATH, "exec ", join(words, quote_shell), " 2>&1\n")
  file:close()
  local output = reaper.ExecProcess('/bin/sh "' .. path .. '"', 0)
  os.remove(path)
  return output
end

-- Exit code and output, or nil and what went wrong.
local function run(words)
  local output, problem
  if is_windows then
    output = reaper.ExecProcess(join(words, quote_windows), 0)
  else
    output, problem = run_with_shell(words)
  end
  if problem then return nil, problem end
  if not output then return 127, "" end
  local code, rest = output:match("^(%-?%d+)\r?\n(.*)$")
  return tonumber(code) or 127, rest or ""
end

-- JSON ----------------------------------------------------------------------------------------

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }
local LITERALS = { { "true", true }, { "false", false }, { "null", nil } }
local parse_value

local function fail(text, at, what)
  error("JSON: " .. what .. " at " .. at .. " of " .. #text, 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function code_point(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or fail(text, at, "bad \\u"), 16)
  if code < 0xD800 or code > 0xDBFF then return code, at + 4 end
  local low = text:match("^\\u([dD][c-fC-F]%x%x)", at + 4)
  if not low then return 0xFFFD, at + 4 end
  return 0x10000 + (code - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00, at + 10
end

local function parse_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local stop = text:find('["\\]', at) or fail(text, at, "string without end")
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      local code
      code, at = code_point(text, stop + 2)
      parts[#parts + 1] = utf8.char(code)
    else
      parts[#parts + 1] = ESCAPES[letter] or fail(text, stop, "bad escape")
      at = stop + 2
    end
  end
end

-- Members between `close`, each read by `member(at)`, which returns where it ended.
local function parse_members(text, at, close, member)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip(text, member(at))
    local mark = text:sub(at, at)
    if mark == close then return at + 1 end
    if mark ~= "," then fail(text, at, "no comma") end
    at = skip(text, at + 1)
  end
end

local function parse_array(text, at)
  local values = {}
  local stop = parse_members(text, at, "]", function(start)
    local value, after = parse_value(text, start)
    values[#values + 1] = value
    return after
  end)
  return values, stop
end

local function parse_object(text, at)
  local values = {}
  local stop = parse_members(text, at, "}", function(start)
    if text:sub(start, start) ~= '"' then fail(text, start, "no name") end
    local name, after = parse_string(text, start)
    after = skip(text, after)
    if text:sub(after, after) ~= ":" then fail(text, after, "no colon") end
    values[name], after = parse_value(text, after + 1)
    return after
  end)
  return values, stop
end

function parse_value(text, at)
  at = skip(text, at)
  local first = text:sub(at, at)
  if first == "{" then return parse_object(text, at) end
  if first == "[" then return parse_array(text, at) end
  if first == '"' then return parse_string(text, at) end
  for _, literal in ipairs(LITERALS) do
    if text:sub(at, at + #literal[1] - 1) == literal[1] then return literal[2], at + #literal[1] end
  end
  local number = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  return tonumber(number or "") or fail(text, at, "no value"), at + #(number or "")
end

-- The object on the last line that begins one: libraries may have printed above it.
local function parse_output(output)
  local line = ("\n" .. output):match(".*\n({.*)$")
  local fine, value = pcall(parse_value, line or "", 1)
  return fine and type(value) == "table" and value or nil
end

-- Asking --------------------------------------------------------------------------------------

-- Tempo as samplegen counts it, in beats of the meter, and the meter, at `time` seconds.
local function tempo_at(time)
  local numerator, denominator = reaper.TimeMap_GetTimeSigAtTime(0, time)
  local quarter = reaper.TimeMap2_timeToQN(0, time)
  local seconds = reaper.TimeMap2_QNToTime(0, quarter + 1) - time
  local bpm = 60 / seconds * denominator / 4
  return math.floor(bpm * 10000 + 0.5) / 10000, math.floor(numerator), math.floor(denominator)
end

local function trimmed(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

local function whole(text, low, high)
  local number = tonumber(text)
  if number and number == math.floor(number) and number >= low and number <= high then
    return math.floor(number)
  end
end

-- Bars, kind, count and prompt, or nil where the user said no (or something odd, which is told).
local function ask(bpm, numerator, denominator)
  local remembered = reaper.GetExtState(STATE, STATE_ANSWERS)
  if not remembered:find("^[^,]*,[^,]*,[^,]*$") then remembered = "4,drums,1" end
  local heading = ("%s: %g BPM, %d/%d"):format(TITLE, bpm, numerator, denominator)
  -- The prompt is last: REAPER joins answers with commas, and a prompt may hold some.
  local captions = "Bars (1 to 64),Kind,How many (1 to 16),Prompt (may be empty),extrawidth=220"
  local said, answers = reaper.GetUserInputs(heading, 4, captions, remembered .. ",")
  if not said then return nil end
  local bars, kind, count, prompt = answers:match("^([^,]*),([^,]*),([^,]*),(.*)$")
  if not bars then return tell("The answers cannot be read: " .. answers) end
  local asked = { bars = whole(bars, 1, 64), kind = trimmed(kind), count = whole(count, 1, 16) }
  asked.prompt = trimmed(prompt)
  if not asked.bars then return tell("Bars is a whole number from 1 to 64, not '" .. bars .. "'.") end
  if not asked.count then return tell("How many is a whole number from 1 to 16, not '" .. count .. "'.") end
  if asked.kind ~= "" and not (" " .. KINDS .. " "):find(" " .. asked.kind .. " ", 1, true) then
    return tell("The kind '" .. asked.kind .. "' is not known. Choose one of " .. KINDS:gsub(" ", ", ") .. ".")
  end
  reaper.SetExtState(STATE, STATE_ANSWERS, bars .. "," .. kind .. "," .. count, true)
  return asked
end

-- Making --------------------------------------------------------------------------------------

local function output_folder()
  return reaper.GetProjectPath() .. separator .. "samplegen"
end

local function command(asked, bpm, numerator, denominator)
  local words = {}
  local chosen = reaper.GetExtState(STATE, STATE_PATH)
  if chosen ~= "" then words[1] = chosen else words = { table.unpack(PROGRAM) } end
  local function add(...)
    for _, word in ipairs({ ... }) do words[#words + 1] = word end
  end
  local tempo = ("%.10g"):format(bpm):gsub(",", ".") -- some countries write a comma
  add("loops", "--bpm", tempo, "--bars", tostring(asked.bars))
  add("--meter", numerator .. "/" .. denominator, "-n", tostring(asked.count))
  if asked.kind ~= "" then add("--kind", asked.kind) end
  -- One word, so that a prompt that begins with a dash is no option.
  if asked.prompt ~= "" then add("--prompt=" .. asked.prompt) end
  add("--out", output_folder(), "--json")
  return words
end

local function choose_program(program)
  local question = "samplegen was not found (" .. program .. ").\n\nInstall it, or choose its program now? "
    .. "It is called samplegen, or samplegen.exe, and lies in the folder bin or Scripts of the Python it was "
    .. "installed for. The choice is kept."
  if reaper.ShowMessageBox(question, TITLE, OK_CANCEL) ~= 1 then return end
  local chosen, path = reaper.GetUserFileNameForRead("", "The program samplegen", "")
  if not chosen then return end
  reaper.SetExtState(STATE, STATE_PATH, path, true)
  tell("Run this action again: samplegen is now taken from\n" .. path)
end

-- Paths of the files that were made, or nil where that was told.
local function make(words)
  local code, output = run(words)
  if not code then return tell(output) end
  local result = parse_output(output)
  if not result then
    local absent = code == 126 or code == 127 or output:find("No module named samplegen", 1, true)
    if absent then return choose_program(words[1]) end
    return tell("samplegen ended with code " .. code .. " and said:\n" .. output:sub(-600))
  end
  if result.error then return tell(tostring(result.error.message)) end
  local paths = {}
  for index, path in ipairs(result.files or {}) do
    paths[index] = output_folder() .. separator .. path -- relative to the folder of the pack
  end
  if #paths == 0 then
    return tell("No loop passed samplegen's own checks. " .. table.concat(result.missing or {}, " "))
  end
  return paths
end

-- Placing -------------------------------------------------------------------------------------

local function track_for_loops()
  local track = reaper.GetSelectedTrack(0, 0)
  if track then return track end
  local last = reaper.CountTracks(0)
  reaper.InsertTrackAtIndex(last, true)
  track = reaper.GetTrack(0, last)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "samplegen", true)
  return track
end

local function add_take(item, path)
  local source = reaper.PCM_Source_CreateFromFile(path)
  if not source then error("REAPER cannot open " .. path, 0) end
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", path:match("([^/\\]+)%.%w+$") or path, true)
  return take
end

local function place(paths, start, seconds)
  local item = reaper.AddMediaItemToTrack(track_for_loops())
  local values = { D_POSITION = start, D_LENGTH = seconds, B_LOOPSRC = 1, D_FADEINLEN = 0, D_FADEOUTLEN = 0 }
  for name, value in pairs(values) do reaper.SetMediaItemInfo_Value(item, name, value) end
  local first
  for _, path in ipairs(paths) do
    local take = add_take(item, path)
    first = first or take
  end
  reaper.SetActiveTake(first)
end

local function place_in_one_step(paths, start, seconds)
  reaper.Undo_BeginBlock()
  reaper.PreventUIRefresh(1)
  local fine, problem = pcall(place, paths, start, seconds)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock("Insert samplegen loops", -1)
  reaper.UpdateArrange()
  if not fine then return tell(tostring(problem)) end
  reaper.Main_OnCommand(SHOW_PEAKS, 0)
end

local function main()
  local start = reaper.GetCursorPosition()
  local bpm, numerator, denominator = tempo_at(start)
  local asked = ask(bpm, numerator, denominator)
  if not asked then return end
  local paths = make(command(asked, bpm, numerator, denominator))
  if not paths then return end
  place_in_one_step(paths, start, asked.bars * numerator * 60 / bpm)
end

main()
